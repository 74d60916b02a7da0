using MudBlazor;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>What the form begins with: a preset, an earlier run (mended or not), or the settings of another tool.</summary>
public sealed partial class NewRunPage
{
    private async Task<TrainingRecipe> FirstRecipeAsync()
    {
        if (From is { } id && await Runs.GetAsync(id) is { } run && TrainingRecipe.Parse(run.RecipeJson, out _) is { } earlier)
        {
            _preset = null;
            return await MendedAsync(run, earlier with { Name = null, Confirmed = [] });
        }

        var model = Model ?? OnlyBase() ?? "";
        var dataset = Dataset is null && _datasets!.Count == 1 ? _datasets[0].Name : NameOf(Dataset);
        return FormRecipe.Preset(_preset ?? "quick_trial", new TrainingRecipe { Model = model, Dataset = dataset, ProbePrompts = ProbePromptEditor.Examples(ProbeText) }, ParametersOf(model));
    }

    private async Task<TrainingRecipe> MendedAsync(Run run, TrainingRecipe earlier)
    {
        if (Fix is null || await Fixes.OfAsync(run, earlier, Fix) is not { } mended)
        {
            _origin = Text[Fix is null ? "CopiedFrom" : "NothingToMend", run.Id];
            return earlier;
        }

        (_origin, _changes) = (Text["MendedFrom", run.Id, ProblemText.Show(mended.Problem)], mended.Changes);
        return mended.Recipe;
    }

    private async Task ImportAsync()
    {
        var dialog = await DialogService.ShowAsync<ImportSettingsDialog>(Text["Import"], new DialogOptions { MaxWidth = MaxWidth.Medium, FullWidth = true });
        if (await dialog.Result is not { Canceled: false, Data: ImportedRecipe imported }) return;

        var tool = ImportText[$"Format_{SnakeCase.Of(imported.Format)}"].Value;
        (_preset, _changes, _carried) = (null, [], [.. imported.Values.Where(value => value.Kind is Carriage.Changed or Carriage.NotCarried)]);
        _origin = Text[_carried.Count > 0 ? "ImportedFrom" : "ImportedWhole", tool];
        _unreadable.Clear();
        var choices = FormRecipe.Imported(imported.Recipe, _recipe, [.. _models!.Select(model => (model.Name, model.Path))], [.. _datasets!.Select(dataset => dataset.Name)]);
        (_missingModel, _missingDataset) = (choices.MissingModel, choices.MissingDataset);
        Change(choices.Recipe);
    }
}
