using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.WebEncoders;
using MudBlazor;
using MudBlazor.Services;
using R1Lab.Data;
using R1Lab.Web.Access;
using R1Lab.Web.Api;
using R1Lab.Web.Components.Layout;
using R1Lab.Web.Device;
using R1Lab.Web.Https;
using R1Lab.Web.Localization;
using R1Lab.Web.Options;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;
using R1Lab.Web.Storage;
using R1Lab.Web.Studies;
using R1Lab.Web.Training;
using R1Lab.Web.Uploads;

namespace R1Lab.Web;

/// <summary>Registers everything the web room needs.</summary>
public static class WebServices
{
    private const int LargestMessageFromPage = 4 * 1024 * 1024;

    public static WebApplicationBuilder AddLabWeb(this WebApplicationBuilder builder)
    {
        var lab = builder.AddLabOptions();
        builder.Services.AddLabData(lab.DatabasePath);
        builder.Services.AddLabAccess(lab);
        builder.Services.AddLabHttps(lab);
        builder.Services.AddLabPages();
        builder.Services.AddLabApi();
        builder.Services.AddModels();
        builder.Services.AddRemoteEngines();
        builder.Services.AddUploads();
        builder.Services.AddLabRunning();
        builder.Services.AddStudies();
        builder.Services.AddSingleton(_ => ComputeStatus.Read());
        builder.Services.AddSingleton<FolderLock>();
        builder.Services.AddSingleton<LabHealth>();
        builder.Services.AddTrustedProxies(lab);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseStaticWebAssets(); // the packages' own files during development; a publish has them in wwwroot already
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ConnectionShare.Configure(kestrel, lab);
            kestrel.UseLabCertificates(builder.Configuration);
        });
        return builder;
    }

    /// <summary>Reads the settings and makes relative paths absolute.</summary>
    internal static LabOptions AddLabOptions(this WebApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection(LabOptions.Section);
        var root = builder.Environment.ContentRootPath;
        builder.Services.AddOptions<LabOptions>().Bind(section).PostConfigure(options => MakeAbsolute(options, root)).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<LabOptions>, LabOptionsValidator>();
        var lab = section.Get<LabOptions>() ?? new LabOptions();
        MakeAbsolute(lab, root);
        return lab;
    }

    private static void MakeAbsolute(LabOptions options, string root)
    {
        if (string.IsNullOrWhiteSpace(options.DataFolder)) return; // refused by the validator
        options.DataFolder = Path.GetFullPath(options.DataFolder, root);
        options.SamplesFolder = Path.GetFullPath(options.SamplesFolder, root);
        options.Https.MakeAbsolute(root);
        options.ModelFolders = [.. options.ModelFolders.Select(folder => Path.GetFullPath(folder, root))];
    }

    private static void AddLabPages(this IServiceCollection services)
    {
        services.AddLocalization();
        services.Configure<RequestLocalizationOptions>(Languages.Configure);
        services.AddMudServices(mud => mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
        services.AddTransient<MudLocalizer, MudTexts>();
        services.AddSingleton(new AppBarItem(typeof(RunningRunChip), 10));
        services.Configure<WebEncoderOptions>(web => web.TextEncoderSettings = new TextEncoderSettings(UnicodeRanges.All)); // Chinese as itself, not as &#x...;
        services.AddHttpContextAccessor();
        services.AddRazorComponents().AddInteractiveServerComponents(ConnectionShare.ConfigureCircuits)
            .AddHubOptions(hub =>
            {
                hub.MaximumReceiveMessageSize = LargestMessageFromPage;
                // A page that is silent for longer has lost its connection, even where nobody said so (start.js has the same times).
                hub.KeepAliveInterval = TimeSpan.FromSeconds(3);
                hub.ClientTimeoutInterval = TimeSpan.FromSeconds(8);
            });
    }

    private static void AddModels(this IServiceCollection services)
    {
        services.AddSingleton<ModelLibrary>();
        services.AddSingleton<GenerationTurns>();
        services.AddSingleton<ModelHost>();
        services.AddSingleton<EngineDirectory>();
        services.AddSingleton<ChatService>();
        services.AddSingleton<IChatClient, LabChatClient>();
        services.AddSingleton<Reply>();
        services.AddHostedService<ModelScan>();
    }

    private static void AddStudies(this IServiceCollection services)
    {
        services.AddSingleton<IStudyAnswerer, StudyAnswerer>();
        services.AddSingleton<StudyGenerator>();
    }

    private static void AddUploads(this IServiceCollection services)
    {
        services.AddSingleton<UploadFolder>();
        services.AddSingleton<DatasetImport>();
        services.AddHostedService<UploadSweep>();
    }

    private static void AddLabApi(this IServiceCollection services)
    {
        services.AddExceptionHandler<ApiExceptionHandler>();
        services.AddProblemDetails();
        services.AddLabOpenApi(typeof(Components.Pages.Runs.RecipeFieldInput));
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.DictionaryKeyPolicy = null;
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping; // Chinese stays readable; nothing embeds these answers in HTML
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
        });
        services.Configure<RouteHandlerOptions>(route => route.ThrowOnBadRequest = true); // so that ApiExceptionHandler can name the field
    }
}
