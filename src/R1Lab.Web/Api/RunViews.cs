using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Web.Api;

public sealed record RunNote(string Field, string Message);

/// <param name="Notes">Warnings and notes about the recipe that did not refuse it.</param>
public sealed record RunCreated(int Id, string Name, string Status, int TotalSteps, IReadOnlyList<RunNote> Notes);

/// <summary>A run as programs see it.</summary>
public sealed record RunView
{
    public required int Id { get; init; }

    public required string Name { get; init; }

    /// <summary>queued, running, paused, finished, failed, interrupted, stopped.</summary>
    public required string Status { get; init; }

    public required int Step { get; init; }

    public required int TotalSteps { get; init; }

    public required string Model { get; init; }

    public required string? Dataset { get; init; }

    public required int? DatasetId { get; init; }

    public required string? Owner { get; init; }

    /// <summary>The adapter or model folder when finished; before that the folder of the snapshots.</summary>
    public required string? OutputPath { get; init; }

    public required double? FinalLoss { get; init; }

    public required double? BestEvalLoss { get; init; }

    /// <summary>The step of the evaluation that is the best by the recipe's measure.</summary>
    public required int? BestStep { get; init; }

    public required string? Error { get; init; }

    /// <summary>What a paused run waits for: disk_full.</summary>
    public string? PausedFor { get; init; }

    public int? DatasetVersion { get; init; }

    /// <summary>SHA-256 over the rows as the model reads them; known once the run began.</summary>
    public string? DatasetHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    public required DateTimeOffset? FinishedAt { get; init; }

    public required JsonNode? Recipe { get; init; }

    /// <summary>Left out of lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RunEventView>? Events { get; init; }

    public static string StatusOf(Run run) => SnakeCase.Of(run.Status);

    public static RunView Of(Run run, IReadOnlyList<RunEvent>? events) => new()
    {
        Id = run.Id,
        Name = run.Name,
        Status = StatusOf(run),
        Step = run.Step,
        TotalSteps = run.TotalSteps,
        Model = run.ModelName,
        Dataset = run.DatasetName,
        DatasetId = run.DatasetId,
        Owner = run.OwnerName,
        OutputPath = run.OutputPath,
        FinalLoss = run.FinalLoss,
        BestEvalLoss = run.BestEvalLoss,
        BestStep = run.BestStep,
        Error = run.Error,
        PausedFor = run.PausedFor,
        DatasetVersion = run.DatasetVersion,
        DatasetHash = run.DatasetHash,
        CreatedAt = run.CreatedAt,
        StartedAt = run.StartedAt,
        FinishedAt = run.FinishedAt,
        Recipe = StoredRecipe.Rewritten(run.RecipeJson, RecipeSchema.Default),
        Events = events?.Select(happened => new RunEventView(happened.At, happened.Step, happened.Kind, happened.Message)).ToList(),
    };
}

public sealed record RunEventView(DateTimeOffset At, int Step, string Kind, string Message);
