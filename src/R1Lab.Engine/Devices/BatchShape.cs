using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>The largest micro-batch of a run.</summary>
/// <param name="Lines">Lines side by side.</param>
/// <param name="Length">Tokens of each.</param>
/// <param name="Scored">Learned tokens in all of them.</param>
internal sealed record BatchShape(int Lines, int Length, long Scored)
{
    public long Tokens => (long)Lines * Length;

    public static BatchShape Of(TrainingRecipe recipe, MemoryFacts facts) => Of(recipe, facts, recipe.PerDeviceTrainBatchSize, recipe.Packing);

    /// <summary>Evaluation never packs.</summary>
    public static BatchShape OfEvaluation(TrainingRecipe recipe, MemoryFacts facts) => Of(recipe, facts, recipe.PerDeviceEvalBatchSize ?? recipe.PerDeviceTrainBatchSize, packed: false);

    private static BatchShape Of(TrainingRecipe recipe, MemoryFacts facts, int size, bool packed)
    {
        var length = Math.Max(1, packed ? recipe.MaxLength : Math.Min(facts.LongestRow, recipe.MaxLength));
        var lines = Math.Max(1, Math.Min(size, facts.Rows ?? size));
        var scored = packed || facts.MostTrained is null ? length : Math.Min(facts.MostTrained.Value, length);
        return new BatchShape(lines, length, (long)lines * Math.Max(1, Math.Min(scored, length - 1)));
    }
}
