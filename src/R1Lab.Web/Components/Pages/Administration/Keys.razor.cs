using System.Globalization;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Administration;

/// <summary>Keys for programs: made here, shown once, ended here.</summary>
public sealed partial class Keys : ComponentBase
{
    private readonly HashSet<string> _scopes = [ApiScopes.Generate];
    private Loadable<IReadOnlyList<ApiKey>>? _list;
    private string? _name;
    private string? _problem;
    private string? _secret;

    [Inject]
    private AccessStore Store { get; set; } = default!;

    [Inject]
    private ActiveRequests Active { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    private static string Date(DateTimeOffset time) => time.ToLocalTime().ToString("g", CultureInfo.CurrentCulture);

    // The scope that means everything is written "*", which is no resource key.
    private static string NameOf(string scope) => scope == ApiScopes.All ? "all" : scope;

    private void Choose(string scope, bool chosen)
    {
        if (chosen) _scopes.Add(scope);
        else _scopes.Remove(scope);
    }

    private async Task CreateAsync()
    {
        _problem = string.IsNullOrWhiteSpace(_name) ? Text["NameMissing"].Value : _scopes.Count == 0 ? Text["ScopeMissing"].Value : null;
        if (_problem is not null) return;
        var actor = await Live.DemandAsync(LabRight.Administer);
        var issued = await Store.CreateKeyAsync(actor, _name!.Trim(), ApiScopes.Every.Where(_scopes.Contains), actor.Id);
        _secret = issued.Secret;
        _name = null;
        if (_list is not null) await _list.ReloadAsync();
    }

    private async Task RevokeAsync(ApiKey key)
    {
        if (!await ConfirmByName.AskAsync(Dialogs, Text["RevokeTitle"], Text["RevokeText", key.Name], key.Name, Text["Revoke"])) return;
        await Store.RevokeKeyAsync(await Live.DemandAsync(LabRight.Administer), key.Id);
        Active.Abort(key.Id);
        if (_list is not null) await _list.ReloadAsync();
    }
}
