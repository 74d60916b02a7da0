using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>What is decided about the rows.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Data => In(RecipeGroup.Data,
        Field.OptionalWhole("max_samples", recipe => recipe.MaxSamples, (recipe, value) => recipe with { MaxSamples = value })
            .AtLeast(1).Named(new() { LlamaFactory = "max_samples" }),
        Field.Number("val_size", recipe => recipe.ValSize, (recipe, value) => recipe with { ValSize = value })
            .AtLeast(0).Named(new() { LlamaFactory = "val_size", Axolotl = "val_set_size" }),
        Field.Choice("overlong_rows", recipe => recipe.OverlongRows,
            (recipe, value) => recipe with { OverlongRows = value }).KeptByPresets(),
        Field.Choice("train_on", recipe => recipe.TrainOn,
            (recipe, value) => recipe with { TrainOn = value }).KeptByPresets());
}
