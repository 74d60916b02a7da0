using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Components.Pages.Models;

/// <summary>The models and adapters the lab knows, and what is in memory.</summary>
public sealed partial class ModelsPage : ComponentBase, IDisposable
{
    private Loadable<IReadOnlyList<HostedModel>>? _list;
    private string? _problem;
    private Visitor _visitor = new(null, "-");
    private IDisposable? _news;
    private bool _scanning;

    [Inject]
    private ModelHost Host { get; set; } = default!;

    [Inject]
    private ModelLibrary Library { get; set; } = default!;

    [Inject]
    private ModelStore Store { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    public void Dispose() => _news?.Dispose();

    protected override async Task OnInitializedAsync()
    {
        _news = Host.Changes.Subscribe(_ => InvokeAsync(ReloadAsync));
        _visitor = Visitor.Of((await Session).User);
    }

    private async Task ScanAsync()
    {
        _scanning = true;
        try
        {
            var known = (await Host.ListAsync()).Select(model => model.Record.Id).ToHashSet();
            await Library.ScanAsync(await Live.DemandAsync(LabRight.Train), CancellationToken.None);
            var added = (await Host.ListAsync()).Count(model => !known.Contains(model.Record.Id));
            Snackbar.Add(added == 0 ? Text["NothingNew"] : Text["NewModels", added], added == 0 ? Severity.Info : Severity.Success);
        }
        finally
        {
            _scanning = false;
        }

        await ReloadAsync();
    }

    private async Task RegisterAsync()
    {
        var dialog = await Dialogs.ShowAsync<RegisterModelDialog>(Text["Register"], new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true });
        if (await dialog.Result is not { Canceled: false, Data: RegisteredModel model }) return;
        Snackbar.Add(Text["Registered", model.Name], Severity.Success);
        await ReloadAsync();
    }

    private async Task UnloadAsync(HostedModel model)
    {
        _problem = await Host.UnloadAsync(await Live.DemandAsync(LabRight.Train), model.Record.Id) ? null : Text["InUse", model.Name].Value;
        await ReloadAsync();
    }

    private async Task RenameAsync(HostedModel model)
    {
        var parameters = new DialogParameters<Datasets.RenameDialog> { { d => d.Name, model.Name } };
        var dialog = await Dialogs.ShowAsync<Datasets.RenameDialog>(Text["Rename"], parameters, new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true });
        if (await dialog.Result is { Canceled: false, Data: string name }) await TryAsync(async () => await Store.RenameAsync(await Live.DemandAsync(LabRight.Train), model.Record.Id, name));
    }

    private async Task RemoveAsync(HostedModel model)
    {
        if (!await ConfirmByName.AskAsync(Dialogs, Text["RemoveTitle"], Text["RemoveText"], model.Name, Text["Remove"])) return;
        await TryAsync(async () =>
        {
            var actor = await Live.DemandAsync(LabRight.Train, $"model {model.Name}", model.Record.OwnerId, model.Record.OwnerName);
            if (!await Host.UnloadAsync(actor, model.Record.BaseModelId ?? model.Record.Id)) throw new RecordConflictException(Text["InUse", model.Name]);
            await Store.RemoveAsync(actor, model.Record.Id);
        });
    }

    private async Task TryAsync(Func<Task> change)
    {
        try
        {
            await change();
            _problem = null;
        }
        catch (RecordConflictException e)
        {
            _problem = Failures.Show(e);
        }

        await ReloadAsync();
    }

    private Task ReloadAsync() => _list?.ReloadAsync() ?? Task.CompletedTask;
}
