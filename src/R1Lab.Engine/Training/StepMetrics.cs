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

    /// <summary>The gradient's total 2-norm before clipping, of this step.</summary>
    public double? GradNorm { get; init; }

    /// <summary>The rate this step was taken with.</summary>
    public double LearningRate { get; init; }

    /// <summary>Loss per learned token over the evaluation rows, when they were looked at after this step.</summary>
    public double? EvalLoss { get; init; }

    /// <summary>Tokens of the rows (padding not counted) a second since the last logged step.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Resident memory of the process.</summary>
    public long MemoryBytes { get; init; }

    public double SecondsPerStep { get; init; }

    public DateTimeOffset At { get; init; }
}
