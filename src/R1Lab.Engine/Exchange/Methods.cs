using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>The method, which other tools say by several settings.</summary>
internal static class Methods
{
    /// <param name="adapts">An adapter is trained, not the model's own weights.</param>
    /// <param name="bits">Bits a weight of the base is stored in: 4, 8, or null for as it is.</param>
    /// <param name="decomposes">The adapter is DoRA's.</param>
    public static void Set(RecipeDraft draft, bool adapts, int? bits, bool decomposes)
    {
        var method = !adapts ? "full" : bits is not null ? "qlora" : decomposes ? "dora" : "lora";
        draft.Set("method", method);
        if (method == "qlora") draft.Set("quantization", bits == 8 ? "int8" : "nf4");
        if (method == "qlora" && decomposes) draft.Set("lora.use_dora", true);
    }

    /// <summary>Whether an adapter is trained.</summary>
    public static bool Adapts(TrainingRecipe recipe) => recipe.Method != TrainingMethod.Full;

    public static bool Decomposes(TrainingRecipe recipe) => recipe.Method == TrainingMethod.Dora || recipe.Lora.UseDora;

    /// <summary>4 or 8; null for a base as it is.</summary>
    public static int? Bits(TrainingRecipe recipe) => recipe.Method != TrainingMethod.Qlora ? null : recipe.Quantization == BaseQuantization.Int8 ? 8 : 4;
}
