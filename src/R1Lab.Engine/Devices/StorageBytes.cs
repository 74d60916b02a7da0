using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>Bytes of weights, gradients and moments in the forms a recipe can ask for.</summary>
internal static class StorageBytes
{
    private const int Nf4Block = 64;
    private const int ScaleBlock = 256;
    private const int MomentBlock = 256;

    /// <summary>The base model while it is trained on.</summary>
    /// <param name="element">Bytes of a number in the type computed with.</param>
    public static double Weights(TrainingRecipe recipe, ModelCounts counts, int element) =>
        (counts.Linear * (recipe.Method == TrainingMethod.Qlora ? Quantized(recipe) : element)) + (counts.Rest * (double)element);

    /// <summary>Adapters are float32 while they learn.</summary>
    public static double Adapter(ModelCounts counts) => counts.Adapter * 4d;

    /// <summary>One float32 number each; weights of a narrower type leave a gradient of that type beside it until it is gathered.</summary>
    public static double Gradients(TrainingRecipe recipe, ModelCounts counts, int element) => counts.Trained * (IsNarrow(recipe, element) ? 4d + element : 4d);

    /// <summary>A snapshot on disk: float32 masters with their moments.</summary>
    public static long Snapshot(TrainingRecipe recipe, ModelCounts counts) => (long)(counts.Trained * (4 + Moments(recipe)));

    /// <summary>Moments, and float32 masters of what is stored in a narrower type.</summary>
    public static double Optimizer(TrainingRecipe recipe, ModelCounts counts, int element) =>
        counts.Trained * (Moments(recipe) + (IsNarrow(recipe, element) ? 4 : 0));

    private static double Moments(TrainingRecipe recipe) => recipe.Optim == OptimizerType.Adamw8Bit ? 2 * (1 + (4d / MomentBlock)) : 8;

    /// <summary>Bytes of a quantised number with its share of the scales: 4 bits and a float32 (or, doubly quantised, 8 bits and a share of another float32) a block of 64, or 8 bits; a scale a row vanishes.</summary>
    private static double Quantized(TrainingRecipe recipe)
    {
        if (recipe.Quantization == BaseQuantization.Int8) return 1;
        var scale = recipe.DoubleQuantization ? 1 + (4d / ScaleBlock) : 4;
        return 0.5 + (scale / Nf4Block);
    }

    private static bool IsNarrow(TrainingRecipe recipe, int element) => recipe.Method == TrainingMethod.Full && element < 4;
}
