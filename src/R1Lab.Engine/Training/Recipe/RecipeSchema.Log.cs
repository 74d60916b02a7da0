using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>What a run records.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Log => In(RecipeGroup.Log,
        Field.Number("logging_steps", recipe => recipe.LoggingSteps, (recipe, value) => recipe with { LoggingSteps = value })
            .InSteps().Named(new() { Axolotl = "logging_steps" }),
        Field.OptionalNumber("save_steps", recipe => recipe.SaveSteps, (recipe, value) => recipe with { SaveSteps = value }).InSteps(),
        Field.OptionalWhole("save_total_limit", recipe => recipe.SaveTotalLimit, (recipe, value) => recipe with { SaveTotalLimit = value })
            .AtLeast(1).Named(new() { Transformers = "save_total_limit" }));
}
