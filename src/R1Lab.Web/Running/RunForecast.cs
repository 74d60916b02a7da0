using System.Collections.Concurrent;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>
/// How long runs will still take. A run that was under way before goes by its own pace, one of the same model and method as the run under way by
/// that one's pace, every other by the estimate that the form showed; where no estimate is known (after a restart) it is worked out in the background.
/// </summary>
public sealed class RunForecast(RunPlanner planner, RunStore runs, RunFeed feed, ILogger<RunForecast> log)
{
    private readonly ConcurrentDictionary<int, RunEstimate?> _estimates = new();
    private readonly ConcurrentDictionary<int, Task> _plannings = new();

    /// <summary>An estimate was worked out. Raised on any thread.</summary>
    public event Action? Changed;

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
        if (waiting.Step > 0 && await OwnPaceAsync(waiting, cancellationToken) is { } seconds) return TimeSpan.FromSeconds(seconds * (waiting.TotalSteps - waiting.Step));
        if (!_estimates.TryGetValue(waiting.Id, out var estimate)) _ = _plannings.GetOrAdd(waiting.Id, _ => Task.Run(() => PlanAsync(waiting), CancellationToken.None));
        if (estimate is null) return null;

        return Part(waiting, waiting.Step, estimate) / (LivePace(waiting, running) is { } pace ? pace / estimate.TokensPerSecond : 1);
    }

    private static TimeSpan? Part(Run run, int done, RunEstimate? estimate) =>
        estimate is null || run.TotalSteps <= 0 ? null : estimate.Time * ((double)Math.Max(0, run.TotalSteps - done) / run.TotalSteps);

    private double? LivePace(Run waiting, Run? running) =>
        running is not null && running.ModelName == waiting.ModelName && MethodOf(running) == MethodOf(waiting)
            && feed.Progress(running.Id) is { TokensPerSecond: > 0 and { } pace } ? pace : null;

    private static TrainingMethod? MethodOf(Run run) => TrainingRecipe.Parse(run.RecipeJson, out _)?.Method;

    private async Task<double?> OwnPaceAsync(Run run, CancellationToken cancellationToken)
    {
        var paces = (await runs.MetricsAsync(run.Id, cancellationToken: cancellationToken)).Select(metric => metric.SecondsPerStep).Where(pace => pace > 0).Order().ToList();
        return paces.Count > 0 ? paces[paces.Count / 2] : null;
    }

    private async Task PlanAsync(Run run)
    {
        try
        {
            if (TrainingRecipe.Parse(run.RecipeJson, out _) is not { } recipe) return;

            Keep(run.Id, (await planner.PlanAsync(run, recipe)).Check.Estimate);
            Changed?.Invoke();
        }
        catch (Exception error)
        {
            // The queue shows no time then; the run itself will say what is wrong when its turn comes.
            log.LogInformation(error, "The time of run {Run} could not be estimated.", run.Id);
        }
    }
}
