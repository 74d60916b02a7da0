using System.Globalization;
using System.Security.Claims;
using Bunit;
using Bunit.TestDoubles;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MudBlazor;
using MudBlazor.Services;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Device;
using R1Lab.Web.Localization;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests;

/// <summary>
/// A page in bUnit with MudBlazor, both languages, a signed-in user and the real stores on a database of its own. Add what else the page
/// injects in the test's constructor, before the first <see cref="Show{TPage}"/>.
/// </summary>
public abstract class PageTest : BunitContext, IAsyncLifetime
{
    /// <summary>How long a page may take to show something: it only ends a test that fails, and models load and answer while everything else runs too.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Stamp = "stamp";

    private readonly TemporaryFolder _folder = new();
    private (string Name, string Role) _present;
    private bool _migrated;

    protected PageTest(string language = Languages.English)
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new CultureInfo(language);
        DefaultWaitTimeout = Patience;
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        Services.AddLocalization();
        Services.AddMudServices(mud => mud.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddTransient<MudLocalizer, MudTexts>();
        Services.AddLabData(Path.Combine(_folder.Path, "r1lab.db"));
        Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        Services.AddLabIdentity();
        Services.AddSingleton(new ComputeStatus("cpu", null));
        Services.AddSingleton<ActiveRequests>();
        Services.AddHttpContextAccessor();
        Services.AddSingleton<UserSessions>();
        Services.AddScoped<LiveSession>();
        Services.AddSingleton<RunFeed>();
        Session = AddAuthorization();
        SignIn("admin", LabRoles.Admin);
    }

    /// <summary>The folder of this test's database, for files the page needs.</summary>
    protected string Folder => _folder.Path;

    protected BunitAuthorizationContext Session { get; }

    /// <summary>MudBlazor's dialogs and menus, which stand beside the page.</summary>
    protected IRenderedComponent<MudDialogProvider> Dialogs { get; private set; } = default!;

    protected IRenderedComponent<MudPopoverProvider> Popovers { get; private set; } = default!;

    protected T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    /// <summary>Who looks at the page, with an account of that name and id; every policy the role has is granted.</summary>
    protected void SignIn(string name, string role)
    {
        Session.SetAuthorized(name);
        Session.SetRoles(role);
        Session.SetPolicies([.. LabPolicies.Roles.Where(policy => policy.Value.Contains(role)).Select(policy => policy.Key)]);
        Session.SetClaims(
            new(ClaimTypes.NameIdentifier, name), new(UserSessions.SessionClaim, $"session of {name}"), new(new ClaimsIdentityOptions().SecurityStampClaimType, Stamp));
        _present = (name, role);
        if (_migrated) AddAccountAsync().GetAwaiter().GetResult();
    }

    /// <summary>Renders the page with its parameters beside MudBlazor's providers.</summary>
    protected IRenderedComponent<TPage> Show<TPage>(Action<ComponentParameterCollectionBuilder<TPage>>? parameters = null) where TPage : IComponent
    {
        Popovers = Render<MudPopoverProvider>();
        Dialogs = Render<MudDialogProvider>();
        return parameters is null ? Render<TPage>() : Render(parameters);
    }

    public virtual async ValueTask InitializeAsync()
    {
        await Get<LabDatabase>().MigrateAsync();
        _migrated = true;
        await AddAccountAsync();
    }

    private async Task AddAccountAsync()
    {
        if (await Get<UserStore>().GetAsync(_present.Name) is not null) return;
        await Get<UserStore>().CreateAsync(Actors.Lab, new LabUser { Id = _present.Name, UserName = _present.Name, SecurityStamp = Stamp }, _present.Role);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
