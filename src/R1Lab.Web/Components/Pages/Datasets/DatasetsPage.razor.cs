using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Options;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>The lab's datasets: import, open, export, rename, delete.</summary>
public sealed partial class DatasetsPage : ComponentBase
{
    private Loadable<IReadOnlyList<Dataset>>? _list;
    private Visitor _visitor = new(null, "-");
    private string? _problem;
    private bool _importing;

    [Inject]
    private DatasetStore Store { get; set; } = default!;

    [Inject]
    private DatasetImport Importer { get; set; } = default!;

    [Inject]
    private IOptions<LabOptions> Options { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    private static DialogOptions Wide => new() { MaxWidth = MaxWidth.Medium, FullWidth = true, BackdropClick = false };

    protected override async Task OnInitializedAsync() => _visitor = Visitor.Of((await Session).User);

    private async Task ImportAsync()
    {
        var dialog = await Dialogs.ShowAsync<ImportDialog>(Text["Import"], Wide);
        if (await dialog.Result is { Canceled: false, Data: Dataset dataset }) Navigation.NavigateTo($"datasets/{dataset.Id}");
    }

    private async Task ImportSampleAsync()
    {
        (_problem, _importing) = (null, true);
        try
        {
            var file = SampleDatasets.FineTune(Options.Value.SamplesFolder);
            var settings = new ImportSettings(Path.GetFileNameWithoutExtension(file), DatasetFormat.PromptResponse, SkipBad: false);
            var result = await Importer.RunAsync(await Live.DemandAsync(LabRight.Train), file, Path.GetFileName(file), settings, CancellationToken.None);
            Snackbar.Add(Text["SampleImported", result.Rows], Severity.Success);
            await ReloadAsync();
        }
        catch (Exception e) when (FailureTranslation.IsExpected(e))
        {
            _problem = Failures.Show(e);
        }
        finally
        {
            _importing = false;
        }
    }

    private async Task RenameAsync(Dataset dataset)
    {
        var parameters = new DialogParameters<RenameDialog> { { d => d.Name, dataset.Name } };
        var dialog = await Dialogs.ShowAsync<RenameDialog>(Text["Rename"], parameters, new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true });
        if (await dialog.Result is not { Canceled: false, Data: string name }) return;
        await Store.RenameAsync(await Live.DemandAsync(LabRight.Train), dataset.Id, name);
        await ReloadAsync();
    }

    private async Task DeleteAsync(Dataset dataset)
    {
        if (!await ConfirmByName.AskAsync(Dialogs, Text["DeleteTitle"], Text["DeleteText", dataset.RowCount], dataset.Name)) return;
        await Store.DeleteAsync(await Live.DemandAsync(LabRight.Train), dataset.Id);
        await ReloadAsync();
    }

    private Task ReloadAsync() => _list?.ReloadAsync() ?? Task.CompletedTask;
}
