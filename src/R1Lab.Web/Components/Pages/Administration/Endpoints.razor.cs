using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Components.Pages.Administration;

/// <summary>Models behind HTTP endpoints: what the lab may ask outside, and with which key.</summary>
public sealed partial class Endpoints : ComponentBase
{
    private Loadable<IReadOnlyList<RemoteEndpoint>>? _list;
    private int? _checking;

    [Inject]
    private EndpointStore Store { get; set; } = default!;

    [Inject]
    private EndpointRegistry Registry { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    private async Task AddAsync()
    {
        if (await EndpointDialog.AskAsync(Dialogs, Text["Add"], present: null) is not { } added) return;
        await ShowAsync(Text["Added", added.Name]);
        await CheckAsync(added);
    }

    private async Task ChangeAsync(RemoteEndpoint endpoint)
    {
        if (await EndpointDialog.AskAsync(Dialogs, Text["ChangeTitle", endpoint.Name], endpoint) is { } changed) await ShowAsync(Text["Changed", changed.Name]);
        else await ReloadAsync(); // somebody else may have changed it
    }

    private async Task CheckAsync(RemoteEndpoint endpoint)
    {
        _checking = endpoint.Id;
        try
        {
            await Registry.CheckAsync(await Live.DemandAsync(LabRight.Administer), endpoint.Id, CancellationToken.None);
        }
        finally
        {
            if (_checking == endpoint.Id) _checking = null;
        }

        await ReloadAsync();
    }

    private async Task RemoveAsync(RemoteEndpoint endpoint)
    {
        if (!await ConfirmByName.AskAsync(Dialogs, Text["RemoveTitle"], Text["RemoveText", endpoint.Name], endpoint.Name, Text["Remove"])) return;
        await Store.RemoveAsync(await Live.DemandAsync(LabRight.Administer), endpoint.Id);
        await ShowAsync(Text["Removed", endpoint.Name]);
    }

    private string State(RemoteEndpoint endpoint)
    {
        if (EndpointRegistry.FaultOf(endpoint) is { } fault) return Failures.Show(fault);
        if (endpoint.CheckedAt is null) return Text["Unchecked"];
        return endpoint.MaxLength is { } length ? Text["WorksWithLength", length.ToString("N0", CultureInfo.CurrentCulture)] : Text["Works"];
    }

    private async Task ShowAsync(string done)
    {
        Snackbar.Add(done, Severity.Success);
        await ReloadAsync();
    }

    private Task ReloadAsync() => _list?.ReloadAsync() ?? Task.CompletedTask;
}
