namespace R1Lab.Engine.Training.Receipts;

/// <summary>Who ran what, and how it ended.</summary>
public sealed record ReceiptRun
{
    public string? Name { get; init; }

    public string? Owner { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary><c>finished</c>, <c>stopped</c>, <c>failed</c> and the like.</summary>
    public required string Outcome { get; init; }

    public int Step { get; init; }

    public int TotalSteps { get; init; }

    public double? FinalLoss { get; init; }

    public double? FinalEvalLoss { get; init; }
}

/// <summary>What was learned from.</summary>
public sealed record ReceiptData
{
    public string? Name { get; init; }

    public int? Version { get; init; }

    /// <summary>SHA-256 over the training examples in order (<see cref="RunIdentity.HashOf"/>).</summary>
    public required string TrainHash { get; init; }

    /// <summary>The same of the evaluation examples.</summary>
    public required string EvaluationHash { get; init; }

    /// <summary>Rows of the dataset.</summary>
    public int RowsIn { get; init; }

    public int RowsTrained { get; init; }

    public int RowsEvaluated { get; init; }

    /// <summary>Rows left out, by reason, for example <c>too_long</c>.</summary>
    public IReadOnlyDictionary<string, int> RowsLeftOut { get; init; } = new Dictionary<string, int>();

    /// <summary>Over-long rows that were learned in parts.</summary>
    public int RowsSplit { get; init; }

    /// <summary>The rows left out, by the same reasons.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> LeftOut { get; init; } = new Dictionary<string, IReadOnlyList<int>>();
}

/// <summary>The base the run began from.</summary>
public sealed record ReceiptModel
{
    public string? Name { get; init; }

    /// <summary>Of the base model's files.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>SHA-256 of the chat template's text; null where rows were token ids.</summary>
    public string? TemplateHash { get; init; }

    public long? ParameterCount { get; init; }
}

/// <summary>Something that happened on the run's time line.</summary>
public sealed record ReceiptEvent(DateTimeOffset At, int Step, string Kind, string Message)
{
    public static ReceiptEvent Of(TrainingEvent happened) => new(happened.At, happened.Step, happened.Kind, happened.Message);
}
