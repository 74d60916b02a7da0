using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Memory follows the micro-batch, learning follows the rows of a step: one can be turned without the other.</summary>
public static class BatchKnob
{
    /// <summary>Another micro-batch; accumulation follows, so that a step has as many rows as before, or as few more as can be.</summary>
    public static TrainingRecipe MicroBatch(TrainingRecipe recipe, long size)
    {
        var batch = (int)Math.Clamp(size, int.MinValue, int.MaxValue);
        if (batch < 1 || recipe.PerDeviceTrainBatchSize < 1 || recipe.GradientAccumulationSteps < 1) return recipe with { PerDeviceTrainBatchSize = batch };

        var rows = (long)recipe.PerDeviceTrainBatchSize * recipe.GradientAccumulationSteps;
        return recipe with { PerDeviceTrainBatchSize = batch, GradientAccumulationSteps = (int)Math.Min(int.MaxValue, Math.Max(1, (rows + batch - 1) / batch)) };
    }
}
