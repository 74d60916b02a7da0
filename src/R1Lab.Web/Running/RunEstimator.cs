using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>
/// Time from simple counting: tokens of all epochs over a pace that was measured before, or else assumed from 4 (LoRA) or 6 (full) operations per
/// weight and token on a device of ordinary speed.
/// </summary>
public static class RunEstimator
{
    private const double CpuOperationsPerSecond = 60e9;
    private const double CardOperationsPerSecond = 40e12;

    public static RunEstimate Of(TrainingRecipe recipe, RunFacts facts, RunMemory memory, double? measuredPace)
    {
        var pace = measuredPace ?? AssumedPace(recipe, memory.Model, memory.Device);
        var rowsLearned = (double)facts.TotalSteps * facts.RowsPerStep;
        var tokensPerRow = (double)facts.Tokens / Math.Max(1, facts.TrainRows + facts.EvaluationRows);
        var time = TimeSpan.FromSeconds(Math.Min(rowsLearned * tokensPerRow / pace, TimeSpan.MaxValue.TotalSeconds / 2));
        return new(pace, measuredPace is not null, time, memory, memory.PlanFor(recipe), memory.Device.Name);
    }

    private static double AssumedPace(TrainingRecipe recipe, DecoderConfig model, DeviceCapacity device)
    {
        var rate = device.IsCuda ? CardOperationsPerSecond : CpuOperationsPerSecond;
        var again = recipe.GradientCheckpointing ? Math.Min(1, (recipe.GradientCheckpointingLayers ?? model.LayerCount) / (double)model.LayerCount) : 0;
        var perToken = (recipe.Method == TrainingMethod.Full ? 6d : 4d) * model.ParameterCount * (1 + 0.33 * again);
        return rate / perToken;
    }
}
