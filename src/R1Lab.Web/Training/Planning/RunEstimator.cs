using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>
/// Time from simple counting: tokens of all epochs over the pace of comparable runs, or else over one assumed from 4 (LoRA) or 6 (full) operations
/// per weight and token on a device of ordinary speed.
/// </summary>
public static class RunEstimator
{
    private const double CpuOperationsPerSecond = 60e9;
    private const double CardOperationsPerSecond = 40e12;

    // Ordinary devices differ that much from each other, both ways.
    private const double GuessFactor = 3;

    // Matrix products of float16 on CPUs that convert every number (bench/README.md).
    private const double Float16OnCpu = 8;

    public static RunEstimate Of(TrainingRecipe recipe, RunFacts facts, RunMemory memory, MeasuredPace? measured)
    {
        var assumed = AssumedPace(recipe, memory.Model, memory.Device);
        var pace = measured ?? new MeasuredPace(assumed / GuessFactor, assumed, assumed * GuessFactor, 0);
        var tokens = facts.Epochs * facts.TrainRows * TokensPerRow(facts);
        return new(pace.Typical, measured is not null, Time(tokens / pace.Typical), memory, memory.PlanFor(recipe), memory.Device.Name)
        {
            Shortest = Time(tokens / pace.Fastest),
            Longest = Time(tokens / pace.Slowest),
            Runs = pace.Runs,
            Conditions = $"{SnakeCase.Of(recipe.Method)}, {SnakeCase.Of(recipe.DtypeOn(memory.Device.IsCuda))}",
        };
    }

    /// <summary>Mean length of the rows that are used.</summary>
    public static double TokensPerRow(RunFacts facts) => (double)facts.Tokens / Math.Max(1, facts.TrainRows + facts.EvaluationRows);

    /// <summary>Mean length of what passes through the model as one sequence: a row, or a pack of rows.</summary>
    public static double TokensPerLine(RunFacts facts) => facts.LinesPerEpoch == 0 ? TokensPerRow(facts) : TokensPerRow(facts) * facts.TrainRows / facts.LinesPerEpoch;

    private static TimeSpan Time(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));

    private static double AssumedPace(TrainingRecipe recipe, DecoderConfig model, DeviceCapacity device)
    {
        var rate = device.IsCuda ? CardOperationsPerSecond : CpuOperationsPerSecond;
        if (!device.IsCuda && recipe.Dtype == TrainingDtype.Float16) rate /= Float16OnCpu;
        var again = recipe.GradientCheckpointing ? Math.Min(1, (recipe.GradientCheckpointingLayers ?? model.LayerCount) / (double)model.LayerCount) : 0;
        var perToken = (recipe.Method == TrainingMethod.Full ? 6d : 4d) * model.ParameterCount * (1 + 0.33 * again);
        return rate / perToken;
    }
}
