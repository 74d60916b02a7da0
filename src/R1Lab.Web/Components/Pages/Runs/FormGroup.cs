using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Settings shown together.</summary>
/// <param name="Open">Shown unfolded at first.</param>
public sealed record FormGroup(string Key, bool Open, IReadOnlyList<FormField> Fields)
{
    /// <summary>Those of the settings that mean something for this recipe on this machine.</summary>
    public IReadOnlyList<FormField> Shown(TrainingRecipe recipe, int cards) => [.. Fields.Where(field => field.IsShown(recipe, cards))];
}
