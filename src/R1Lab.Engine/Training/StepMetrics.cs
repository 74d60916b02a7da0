namespace R1Lab.Engine.Training;

/// <summary>The numbers of one logged step.</summary>
public sealed record StepMetrics
{
    /// <summary>Optimizer steps done, from 1.</summary>
    public int Step { get; init; }

    public int TotalSteps { get; init; }

    /// <summary>Times the training rows were passed so far.</summary>
    public double Epoch { get; init; }

    /// <summary>Training loss, mean over the steps since the last logged one; null for an entry that only evaluates.</summary>
    public double? Loss { get; init; }

    /// <summary>The gradient's total 2-norm before clipping, of this step; null where a float16 gradient overflowed.</summary>
    public double? GradNorm { get; init; }

    /// <summary>The rate this step was taken with.</summary>
    public double LearningRate { get; init; }

    /// <summary>Loss per learned token over the evaluation rows, when they were looked at after this step.</summary>
    public double? EvalLoss { get; init; }

    /// <summary>Seconds that evaluation took.</summary>
    public double? EvalSeconds { get; init; }

    /// <summary>Share of the evaluation rows' learned tokens that the model ranks first, 0 to 1.</summary>
    public double? EvalTokenAccuracy { get; init; }

    /// <summary>What float16 losses are multiplied by before the backward pass; null in other types.</summary>
    public double? LossScale { get; init; }

    /// <summary>Optimizer steps of the run so far that were skipped because a float16 gradient overflowed.</summary>
    public int SkippedSteps { get; init; }

    /// <summary>Rows of a micro-batch now: fewer than asked for after the device ran out of memory.</summary>
    public int MicroBatchSize { get; init; }

    /// <summary>Tokens of the rows (padding not counted) a second since the last logged step.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Resident memory of the process.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Most memory of the accelerator in use since the last logged step; null without one.</summary>
    public long? DeviceMemoryBytes { get; init; }

    /// <summary>Most of it in tensors; the rest the allocator holds ready.</summary>
    public long? DeviceAllocatedBytes { get; init; }

    public double SecondsPerStep { get; init; }

    public DateTimeOffset At { get; init; }
}
