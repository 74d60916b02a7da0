using Microsoft.AspNetCore.Components;
using MudBlazor;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Administration;

/// <summary>Keys for programs: made here, shown once, rotated and ended here.</summary>
public sealed partial class Keys : ComponentBase
{
    private readonly HashSet<string> _scopes = [ApiScopes.Generate];
    private Loadable<IReadOnlyList<ApiKey>>? _list;
    private string? _name;
    private int _days = KeyLifetimes.Usual;
    private string? _problem;
    private string? _failure;
    private IssuedApiKey? _issued;
    private DateTimeOffset? _replacedEnds;

    [Inject]
    private AccessStore Store { get; set; } = default!;

    [Inject]
    private ActiveRequests Active { get; set; } = default!;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    /// <summary>The scope's part of a resource key; the one that means everything is written "*".</summary>
    internal static string NameOf(string scope) => scope == ApiScopes.All ? "all" : scope;

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
        var end = KeyLifetimes.EndOf(_days, Time.GetUtcNow());
        var issued = await Store.CreateKeyAsync(actor, _name!.Trim(), ApiScopes.Every.Where(_scopes.Contains), actor.Id, end);
        _name = null;
        await ShowAsync(issued, replacedEnds: null);
    }

    private async Task RotateAsync(ApiKey key)
    {
        if (await RotateKey.AskAsync(Dialogs, Text["RotateTitle", key.Name], key) is not { } choice) return;
        var now = Time.GetUtcNow();
        try
        {
            var actor = await Live.DemandAsync(LabRight.Administer);
            var issued = await Store.RotateKeyAsync(actor, key, TimeSpan.FromDays(choice.OverlapDays), KeyLifetimes.EndOf(choice.Days, now));
            await ShowAsync(issued, issued.Key.Earlier.Find(one => one.Sha256 == key.Sha256)?.EndsAt ?? now);
        }
        catch (RecordConflictException)
        {
            _failure = Text["ChangedMeanwhile", key.Name];
            if (_list is not null) await _list.ReloadAsync();
        }
    }

    private async Task RevokeAsync(ApiKey key)
    {
        if (!await ConfirmByName.AskAsync(Dialogs, Text["RevokeTitle"], Text["RevokeText", key.Name], key.Name, Text["Revoke"])) return;
        await Store.RevokeKeyAsync(await Live.DemandAsync(LabRight.Administer), key.Id);
        Active.Abort(key.Id);
        if (_issued?.Key.Id == key.Id) _issued = null;
        if (_list is not null) await _list.ReloadAsync();
    }

    private async Task ShowAsync(IssuedApiKey issued, DateTimeOffset? replacedEnds)
    {
        (_issued, _replacedEnds, _failure) = (issued, replacedEnds, null);
        if (_list is not null) await _list.ReloadAsync();
    }
}
