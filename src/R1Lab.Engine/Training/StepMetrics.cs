using System.Text.Json.Serialization;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Training;

/// <summary>
/// One logged step: which one it was, and its numbers by key (see <see cref="MetricDefinitions"/>). The properties below <see
/// cref="Values"/> give some of them a type.
/// Those that are never null throw <see cref="InvalidOperationException"/> where the step does not have the number; <see cref="Values"/>
/// says whether it does.
/// </summary>
[JsonConverter(typeof(StepMetricsConverter))]
public sealed record StepMetrics
{
    private MetricValues _values = MetricValues.None;

    /// <summary>Optimizer steps done, from 1.</summary>
    public int Step { get; init; }

    public int TotalSteps { get; init; }

    /// <summary>Epochs done so far, fractional.</summary>
    public double Epoch { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Every number of the step. In an initializer it comes before the properties that add to it.</summary>
    public MetricValues Values { get => _values; init => _values = value; }

    /// <summary>Training loss, mean over the steps since the last logged one; null for an entry that only evaluates.</summary>
    public double? Loss { get => Values[MetricKeys.Loss]; init => Set(MetricKeys.Loss, value); }

    /// <summary>The gradient's total 2-norm before clipping, of this step; null where a float16 gradient overflowed.</summary>
    public double? GradNorm { get => Values[MetricKeys.GradNorm]; init => Set(MetricKeys.GradNorm, value); }

    /// <summary>The rate this step was taken with.</summary>
    public double LearningRate { get => Always(MetricKeys.LearningRate); init => Set(MetricKeys.LearningRate, value); }

    /// <summary>Loss per learned token over the evaluation rows, when they were evaluated after this step.</summary>
    public double? EvalLoss { get => Values[MetricKeys.EvalLoss]; init => Set(MetricKeys.EvalLoss, value); }

    /// <summary>Seconds that evaluation took.</summary>
    public double? EvalSeconds { get => Values[MetricKeys.EvalSeconds]; init => Set(MetricKeys.EvalSeconds, value); }

    /// <summary>Share of the evaluation rows' learned tokens that the model ranks first, 0 to 1.</summary>
    public double? EvalTokenAccuracy
    {
        get => Values[MetricKeys.EvalTokenAccuracy];
        init => Set(MetricKeys.EvalTokenAccuracy, value);
    }

    /// <summary>What float16 losses are multiplied by before the backward pass; null in other types.</summary>
    public double? LossScale { get => Values[MetricKeys.LossScale]; init => Set(MetricKeys.LossScale, value); }

    /// <summary>Optimizer steps of the run so far that were skipped because a float16 gradient overflowed.</summary>
    public int SkippedSteps { get => (int)Always(MetricKeys.SkippedSteps); init => Set(MetricKeys.SkippedSteps, value); }

    /// <summary>Rows of a micro-batch now: fewer than asked for after the device ran out of memory.</summary>
    public int MicroBatchSize { get => (int)Always(MetricKeys.MicroBatchSize); init => Set(MetricKeys.MicroBatchSize, value); }

    /// <summary>Tokens of the rows (padding not counted) per second since the last logged step.</summary>
    public double TokensPerSecond { get => Always(MetricKeys.TokensPerSecond); init => Set(MetricKeys.TokensPerSecond, value); }

    public double SecondsPerStep { get => Always(MetricKeys.SecondsPerStep); init => Set(MetricKeys.SecondsPerStep, value); }

    /// <summary>Resident memory of the process.</summary>
    public long MemoryBytes { get => (long)Always(MetricKeys.MemoryBytes); init => Set(MetricKeys.MemoryBytes, value); }

    /// <summary>Most memory of the accelerator in use since the last logged step; null without one.</summary>
    public long? DeviceMemoryBytes
    {
        get => (long?)Values[MetricKeys.DeviceMemoryBytes];
        init => Set(MetricKeys.DeviceMemoryBytes, value);
    }

    /// <summary>Most of it in tensors; the rest the allocator holds ready.</summary>
    public long? DeviceAllocatedBytes
    {
        get => (long?)Values[MetricKeys.DeviceAllocatedBytes];
        init => Set(MetricKeys.DeviceAllocatedBytes, value);
    }

    /// <summary>How busy the accelerator is, 0 to 1, as its driver counts it.</summary>
    public double? DeviceUtilization { get => Values[MetricKeys.DeviceUtilization]; init => Set(MetricKeys.DeviceUtilization, value); }

    /// <summary>Degrees Celsius of the accelerator.</summary>
    public double? DeviceTemperature { get => Values[MetricKeys.DeviceTemperature]; init => Set(MetricKeys.DeviceTemperature, value); }

    /// <summary>Whether a metric belongs to what this step logs.</summary>
    public bool Logs(MetricDefinition definition) => definition.Phase switch
    {
        MetricPhase.Training => Loss is not null,
        MetricPhase.Evaluation => EvalLoss is not null,
        _ => true,
    };

    public override string ToString() => FormattableString.Invariant($"step {Step} of {TotalSteps}, epoch {Epoch}: {Values}");

    private double Always(string key) => Values[key] ?? throw new InvalidOperationException($"Step {Step} has no {key}.");

    private void Set(string key, double? value) => _values = _values.With(key, value);
}
