using System.Collections.Concurrent;
using R1Lab.Data.Runs;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Web.Notifications;

namespace R1Lab.Web.Training;

/// <summary>
/// How long runs will still take. A run that was under way before goes by its own pace, one under the same conditions and on the same data as the run under way by
/// that one's pace, every other by the estimate that the form showed; where no estimate is known (after a restart) it is worked out in the background.
/// </summary>
public sealed class RunForecast(RunPlanner planner, RunPace pace, RunFeed feed, ILogger<RunForecast> log)
{
    private readonly ConcurrentDictionary<int, RunEstimate?> _estimates = new();
    private readonly ConcurrentDictionary<int, Task> _plannings = new();

    /// <summary>The estimate of a run, by its id, was worked out.</summary>
    public Watchers<int> Changes { get; } = new(log);

    /// <summary>Keeps what was worked out when the run was put in line.</summary>
    public void Keep(int runId, RunEstimate? estimate) => _estimates[runId] = estimate;

    /// <summary>Time left of the run under way; null before its first measured step where no estimate is known.</summary>
    public TimeSpan? TimeLeft(Run running)
    {
        var progress = feed.Progress(running.Id) ?? RunProgress.Of(running);
        return progress.Remaining ?? Part(running, progress.Step, _estimates.GetValueOrDefault(running.Id));
    }

    /// <summary>What a waiting run will take, from its start to its end; null while nobody knows.</summary>
    public async Task<TimeSpan?> TimeLeftAsync(Run waiting, Run? running, CancellationToken cancellationToken = default)
    {
        if (waiting.Step > 0 && await pace.OwnAsync(waiting, cancellationToken) is { } seconds) return TimeSpan.FromSeconds(seconds * (waiting.TotalSteps - waiting.Step));
        if (!_estimates.TryGetValue(waiting.Id, out var estimate)) _ = _plannings.GetOrAdd(waiting.Id, _ => Task.Run(() => PlanAsync(waiting), CancellationToken.None));
        if (estimate is null) return null;

        return Part(waiting, waiting.Step, estimate) / (LivePace(waiting, running) is { } live ? live / estimate.TokensPerSecond : 1);
    }

    private static TimeSpan? Part(Run run, int done, RunEstimate? estimate) =>
        estimate is null || run.TotalSteps <= 0 ? null : estimate.Time * ((double)Math.Max(0, run.TotalSteps - done) / run.TotalSteps);

    private double? LivePace(Run waiting, Run? running) =>
        running is not null && running.DatasetId == waiting.DatasetId && RunConditions.Of(waiting, OnCard) is { } wanted && RunConditions.Of(running, OnCard) == wanted
            && feed.Progress(running.Id) is { TokensPerSecond: > 0 and { } live } ? live : null;

    private static bool OnCard => ComputeDevice.Default().IsCuda;

    private async Task PlanAsync(Run run)
    {
        try
        {
            if (TrainingRecipe.Parse(run.RecipeJson, out _) is not { } recipe) return;

            Keep(run.Id, (await planner.PlanAsync(run, recipe)).Check.Estimate);
            Changes.Publish(run.Id);
        }
        catch (Exception error)
        {
            // The queue shows no time then; the run itself will say what is wrong when its turn comes.
            log.LogInformation(error, "The time of run {Run} could not be estimated.", run.Id);
        }
    }
}
