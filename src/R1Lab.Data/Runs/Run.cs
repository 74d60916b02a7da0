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

    /// <summary>When it was put in line, for the first time or again.</summary>
    public DateTimeOffset QueuedAt { get; set; }

    /// <summary>Place in the queue, least first; a resumed run goes to the end, and people may move it.</summary>
    public double QueueOrder { get; set; }

    /// <summary>Code of what the run waits for while it is paused, for example <c>disk_full</c>.</summary>
    public string? PausedFor { get; set; }

    public int? BestStep { get; set; }

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

/// <summary>What the model said to a fixed prompt at one step of a run; step 0 is the base.</summary>
public sealed class RunProbe
{
    public int RunId { get; set; }

    public int Step { get; set; }

    /// <summary>Place of the prompt in the recipe.</summary>
    public int PromptIndex { get; set; }

    public required string Prompt { get; set; }

    /// <summary>Null where the model did not think.</summary>
    public string? Thought { get; set; }

    public required string Answer { get; set; }

    public int ThoughtTokens { get; set; }

    public int AnswerTokens { get; set; }

    /// <summary>It ended by itself and not at the limit.</summary>
    public bool Stopped { get; set; }

    public DateTimeOffset At { get; set; }
}

/// <summary>The mean loss of one dataset row in one pass over the data.</summary>
public sealed class RunRowLoss
{
    public int RunId { get; set; }

    /// <summary>From 0.</summary>
    public int Epoch { get; set; }

    public int RowId { get; set; }

    /// <summary>Per learned token.</summary>
    public double Loss { get; set; }

    public int Tokens { get; set; }
}
