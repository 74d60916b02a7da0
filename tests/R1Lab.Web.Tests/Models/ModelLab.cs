using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Models;

/// <summary>A lab with the reference model (token ids only), two of its adapters, and the scripted model that can talk.</summary>
public sealed class ModelLab : IAsyncLifetime
{
    public const string Golden = "llama_base";
    public const string Adapter = "golden-lora";
    public const string Scripted = "scripted";

    public LabHost Lab { get; } = new();

    public HttpClient Client { get; private set; } = default!;

    public async ValueTask InitializeAsync()
    {
        Client = Lab.ApiClient();
        var library = Lab.Get<ModelLibrary>();
        await library.RegisterAsync(Actors.Lab, GoldenModel(Golden), null, null, CancellationToken.None);
        await library.RegisterAsync(Actors.Lab, ReferenceFiles.Golden("huggingface", "adapters", "lora"), Adapter, Golden, CancellationToken.None);
        await library.RegisterAsync(Actors.Lab, ScriptedModel.Folder, Scripted, null, CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        Lab.Dispose();
        return ValueTask.CompletedTask;
    }

    public static string GoldenModel(string name) => ReferenceFiles.Golden("huggingface", "models", name);
}
