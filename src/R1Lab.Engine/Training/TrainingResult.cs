namespace R1Lab.Engine.Training;

public enum TrainingOutcome { Finished, Stopped }

/// <summary>How a run ended.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="OutputPath">The adapter or model folder when finished, the last snapshot when stopped.</param>
/// <param name="FinalLoss">The last logged training loss.</param>
/// <param name="FinalEvalLoss">The last evaluation's loss.</param>
public sealed record TrainingResult(TrainingOutcome Outcome, int Step, string OutputPath, double? FinalLoss, double? FinalEvalLoss)
{
    /// <summary>The step whose parameters the result has: earlier than <see cref="Step"/> where the best checkpoint was taken.</summary>
    public int ResultStep { get; init; } = Step;
}

/// <summary>Loss or gradient became infinite or no number. The step was not taken; snapshots are as they were.</summary>
public sealed class TrainingDivergedException : Exception
{
    public TrainingDivergedException() { }

    public TrainingDivergedException(string message) : base(message) { }

    public TrainingDivergedException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="quantity"><c>loss</c> or <c>gradient</c>.</param>
    /// <param name="layer">Where it began.</param>
    public TrainingDivergedException(int step, string quantity, IReadOnlyList<int> rows, string layer)
        : base($"The {quantity} of step {step} is not finite (rows {string.Join(", ", rows)}; first in {layer}); the run was stopped before the step was taken. A lower learning rate, or a look at these rows, may help.")
    {
        Step = step;
        Quantity = quantity;
        Rows = rows;
        Layer = layer;
    }

    public int Step { get; }

    /// <summary><c>loss</c> or <c>gradient</c>.</summary>
    public string Quantity { get; } = "loss";

    /// <summary>The rows whose own loss is not finite, or where all are, those of the step.</summary>
    public IReadOnlyList<int> Rows { get; } = [];

    /// <summary>The first layer of the forward pass whose output is not finite, or the first parameter of the backward pass whose gradient is not.</summary>
    public string Layer { get; } = "";
}

/// <summary>The device has too little memory for this run, however small the parts. Snapshots are as they were.</summary>
public sealed class TrainingMemoryException : Exception
{
    public TrainingMemoryException() { }

    public TrainingMemoryException(string message) : base(message) { }

    public TrainingMemoryException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>A snapshot belongs to another run: the recipe, the data or the model changed. The message names the difference.</summary>
public sealed class ResumeRefusedException : Exception
{
    public ResumeRefusedException() { }

    public ResumeRefusedException(string message) : base(message) { }

    public ResumeRefusedException(string message, Exception innerException) : base(message, innerException) { }
}
