namespace R1Lab.Data.Runs;

/// <summary>One training job, from the queue to its end. The recipe is frozen text; only the engine understands it.</summary>
public sealed class Run
{
    public int Id { get; set; }

    public required string Name { get; set; }

    public required string RecipeJson { get; set; }

    public int? DatasetId { get; set; }

    public string? DatasetName { get; set; }

    public int? DatasetVersion { get; set; }

    public string? DatasetHash { get; set; }

    public required string ModelName { get; set; }

    public RunStatus Status { get; set; }

    public int Step { get; set; }

    public int TotalSteps { get; set; }

    /// <summary>The folder of snapshots and results.</summary>
    public string? OutputPath { get; set; }

    public string? OwnerId { get; set; }

    public string? OwnerName { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>Orders the queue; a resumed run goes to its end.</summary>
    public DateTimeOffset QueuedAt { get; set; }

    public string? Error { get; set; }

    public double? FinalLoss { get; set; }

    public double? BestEvalLoss { get; set; }
}

public enum RunStatus
{
    Queued,
    Running,
    Paused,
    Finished,
    Failed,

    /// <summary>The program ended while it ran; its newest snapshot can be resumed.</summary>
    Interrupted,

    /// <summary>A person stopped it, with a snapshot.</summary>
    Stopped,
}

public sealed record NewRun(string Name, string RecipeJson, string ModelName)
{
    public int? DatasetId { get; init; }

    public string? DatasetName { get; init; }

    public int? DatasetVersion { get; init; }

    public string? DatasetHash { get; init; }

    public int TotalSteps { get; init; }

    public string? OutputPath { get; init; }

    public string? OwnerId { get; init; }

    public string? OwnerName { get; init; }
}

/// <summary>The numbers of one logged step. A number the step did not have is null.</summary>
public sealed class RunMetric
{
    public int RunId { get; set; }

    public int Step { get; set; }

    public int TotalSteps { get; set; }

    public double Epoch { get; set; }

    public double? Loss { get; set; }

    public double? GradNorm { get; set; }

    public double LearningRate { get; set; }

    public double? EvalLoss { get; set; }

    public double TokensPerSecond { get; set; }

    public long MemoryBytes { get; set; }

    public double SecondsPerStep { get; set; }

    public DateTimeOffset At { get; set; }
}

/// <summary>Something worth telling that happened to a run.</summary>
public sealed class RunEvent
{
    public int Id { get; set; }

    public int RunId { get; set; }

    public DateTimeOffset At { get; set; }

    public int Step { get; set; }

    /// <summary>A stable word, used to translate the message.</summary>
    public required string Kind { get; set; }

    public required string Message { get; set; }

    /// <summary>A JSON array of the values in the message.</summary>
    public string ArgumentsJson { get; set; } = "[]";
}
