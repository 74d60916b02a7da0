namespace R1Lab.Engine.Training;

public enum TrainingOutcome { Finished, Stopped }

/// <summary>How a run ended.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="OutputPath">The adapter or model folder when finished, the last snapshot when stopped.</param>
/// <param name="FinalLoss">The last logged training loss.</param>
/// <param name="FinalEvalLoss">The last evaluation's loss.</param>
public sealed record TrainingResult(TrainingOutcome Outcome, int Step, string OutputPath, double? FinalLoss, double? FinalEvalLoss);

/// <summary>Loss or gradient became infinite or no number. The step was not taken; snapshots are as they were.</summary>
public sealed class TrainingDivergedException : Exception
{
    public TrainingDivergedException() { }

    public TrainingDivergedException(string message) : base(message) { }

    public TrainingDivergedException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="quantity"><c>loss</c> or <c>gradient</c>.</param>
    public TrainingDivergedException(int step, string quantity, IReadOnlyList<int> rows)
        : base($"The {quantity} of step {step} is not finite (rows {string.Join(", ", rows)}); the run was stopped before the step was taken. A lower learning rate, or a look at these rows, may help.")
    {
        Step = step;
        Rows = rows;
    }

    public int Step { get; }

    /// <summary>The rows the step was computed from.</summary>
    public IReadOnlyList<int> Rows { get; } = [];
}

/// <summary>A snapshot belongs to another run: the recipe, the data or the model changed. The message names the difference.</summary>
public sealed class ResumeRefusedException : Exception
{
    public ResumeRefusedException() { }

    public ResumeRefusedException(string message) : base(message) { }

    public ResumeRefusedException(string message, Exception innerException) : base(message, innerException) { }
}
