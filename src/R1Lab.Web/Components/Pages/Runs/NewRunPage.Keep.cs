using System.Text.Json;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>The recipe in the tab's storage, so that loading the page again loses nothing.</summary>
public sealed partial class NewRunPage
{
    private FormKeeper? _keeper;

    /// <summary>A form that began from a run or a dataset is another one than the empty form.</summary>
    private string KeptAs => $"new-run/{From}/{Fix}/{Dataset}/{Model}";

    private async Task KeepAsync()
    {
        if (_keeper is not null) await _keeper.KeepAsync(JsonSerializer.Serialize(new KeptRun(_preset, _recipe.ToJson())));
    }

    private void Restore(string state)
    {
        if (JsonSerializer.Deserialize<KeptRun>(state) is not { } kept || TrainingRecipe.ParseNew(kept.Recipe, out _) is not { } recipe) return;
        _preset = kept.Preset;
        Change(recipe);
    }

    private sealed record KeptRun(string? Preset, string Recipe);
}
