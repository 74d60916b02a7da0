using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Web.Options;

namespace R1Lab.Web.Training;

/// <summary>What became of a request to train: the run, or every reason why not.</summary>
public sealed record RunSubmission(Run? Run, IReadOnlyList<Problem> Problems);

/// <summary>
/// The one door to training for pages and API: put a run in line, stop it, let it go on, move it. Whoever asks must be allowed to: trainers may
/// change their own runs, administrators all.
/// </summary>
public sealed class RunQueue(RunPlanner planner, RunStore runs, RunLine line, RunForecast forecast, RunFeed feed, RunConfirmations confirmations, AuditStore audit, IOptions<LabOptions> lab)
{
    private static readonly Actor Restart = Actor.System("restart");

    private readonly ConcurrentDictionary<int, CancellationTokenSource> _active = new();

    /// <summary>What would be said about the recipe if it were put in line now.</summary>
    public async Task<RunCheck> CheckAsync(TrainingRecipe recipe, CancellationToken cancellationToken = default) =>
        (await planner.PlanAsync(recipe, cancellationToken)).Check;

    /// <summary>Some of the rows the recipe would train, exactly as the model sees them; none while model or data cannot be read.</summary>
    /// <param name="seed">Another number, other rows.</param>
    public Task<IReadOnlyList<RowSample>> SampleAsync(TrainingRecipe recipe, int seed, CancellationToken cancellationToken = default) =>
        planner.SampleAsync(recipe, seed, cancellationToken);

    /// <summary>Looks at the recipe with its data and puts it in line, or refuses it with every problem.</summary>
    /// <exception cref="NotAllowedException">The actor may not train.</exception>
    public async Task<RunSubmission> EnqueueAsync(Actor owner, TrainingRecipe recipe, CancellationToken cancellationToken = default)
    {
        owner.Demand(LabRight.Train);
        return await EnqueueAsync(owner, await planner.PlanAsync(recipe, cancellationToken), cancellationToken);
    }

    /// <summary>Puts the same recipe on the same rows in line once more; refused, with the difference named, where the rows are no longer the same.</summary>
    /// <exception cref="NotAllowedException">The actor may not train.</exception>
    public async Task<RunSubmission> RunAgainAsync(Actor owner, Run run, CancellationToken cancellationToken = default)
    {
        owner.Demand(LabRight.Train);
        if (TrainingRecipe.Parse(run.RecipeJson, out var unreadable) is not { } recipe) return new(null, unreadable);

        var plan = await planner.PlanAsync(run, recipe, cancellationToken);
        if (RepeatProblems.Of(run, plan) is { Count: > 0 } differences) return new(null, [.. differences, .. plan.Check.Problems]);

        var again = plan with { Recipe = recipe with { Name = await FreeNameAsync($"{run.Name}-again", cancellationToken) } };
        return await EnqueueAsync(owner, again, cancellationToken);
    }

    /// <summary>Stops at the next step boundary, with a snapshot. False when there is nothing to stop.</summary>
    /// <exception cref="NotAllowedException">It is somebody else's run.</exception>
    public async Task<bool> StopAsync(Actor by, int runId, CancellationToken cancellationToken = default)
    {
        await runs.DemandAsync(by, runId, cancellationToken);
        if (_active.TryGetValue(runId, out var active))
        {
            await audit.RecordAsync(by, AuditActions.RunStop, $"run {runId}", cancellationToken: cancellationToken);
            await active.CancelAsync();
            return true;
        }

        if (!await runs.SetStatusAsync(by, runId, RunStatus.Stopped, cancellationToken: cancellationToken)) return false;
        await PublishAsync(runId, cancellationToken);
        return true;
    }

    /// <summary>Puts the run in line again; it goes on from its newest whole snapshot. False when its state does not allow that.</summary>
    /// <exception cref="NotAllowedException">It is somebody else's run.</exception>
    public async Task<bool> ResumeAsync(Actor by, int runId, CancellationToken cancellationToken = default)
    {
        if (!await runs.SetStatusAsync(by, runId, RunStatus.Queued, cancellationToken: cancellationToken)) return false;

        await PublishAsync(runId, cancellationToken);
        return true;
    }

    /// <summary>Puts a waiting run before another, or at the end when <paramref name="before"/> is null. False when one of them does not wait.</summary>
    /// <exception cref="NotAllowedException">It is somebody else's run.</exception>
    public async Task<bool> MoveAsync(Actor by, int runId, int? before, CancellationToken cancellationToken = default)
    {
        if (!await runs.MoveAsync(by, runId, before, cancellationToken)) return false;

        line.Ring();
        return true;
    }

    /// <summary>After a restart: runs that were under way stand before all others again, first begun first.</summary>
    internal async Task RecoverAsync(IEnumerable<Run> interrupted, CancellationToken cancellationToken)
    {
        int? next = await runs.WaitingAsync(cancellationToken) is [var first, ..] ? first.Id : null;
        foreach (var run in interrupted.OrderBy(run => run.StartedAt))
        {
            if (!await runs.SetStatusAsync(Restart, run.Id, RunStatus.Queued, cancellationToken: cancellationToken)) continue;

            await runs.MoveAsync(Restart, run.Id, next, cancellationToken);
            await PublishAsync(run.Id, cancellationToken);
        }
    }

    /// <summary>Whether the run was asked to stop and is finishing its step.</summary>
    public bool IsStopping(int runId) => _active.TryGetValue(runId, out var active) && active.IsCancellationRequested;

    /// <summary>Where a run's snapshots and results go.</summary>
    public string OutputFolder(int runId) => Path.Combine(Path.GetFullPath(lab.Value.DataFolder), "runs", runId.ToString(CultureInfo.InvariantCulture));

    /// <summary>The run can be stopped by <see cref="StopAsync"/> until the returned registration is disposed.</summary>
    internal IDisposable Activate(int runId, CancellationTokenSource stop)
    {
        _active[runId] = stop;
        return new Activation(() => _active.TryRemove(runId, out _));
    }

    private async Task<RunSubmission> EnqueueAsync(Actor owner, RunPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.Check.MayStart) return new(null, plan.Check.Refusals);

        var named = plan.Recipe with { Name = await NameAsync(plan, cancellationToken) };
        var run = await runs.CreateAsync(
            owner,
            new NewRun(named.Name, named.ToJson(), named.Model)
            {
                DatasetId = plan.Dataset!.Id,
                DatasetName = plan.Dataset.Name,
                DatasetVersion = plan.Dataset.Version,
                TotalSteps = plan.Check.Facts!.TotalSteps,
            },
            cancellationToken);
        await runs.SetOutputPathAsync(owner, run.Id, OutputFolder(run.Id), cancellationToken);
        await confirmations.RecordAsync(owner, run, plan.Check, cancellationToken);
        forecast.Keep(run.Id, plan.Check.Estimate);
        Publish(run);
        return new(run, plan.Check.Problems);
    }

    private async Task PublishAsync(int runId, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(runId, cancellationToken) is { } run) Publish(run);
    }

    private void Publish(Run run)
    {
        feed.Publish(run.Id, RunProgress.Of(run));
        line.Ring();
    }

    /// <summary>The given name, or dataset and model with a number that no run has yet.</summary>
    private async Task<string> NameAsync(RunPlan plan, CancellationToken cancellationToken) =>
        plan.Recipe.Name is { } given && !string.IsNullOrWhiteSpace(given) ? given.Trim() : await FreeNameAsync($"{plan.Dataset!.Name}-1", cancellationToken);

    /// <summary>The wanted name, or the same with the first number that no run has yet.</summary>
    private async Task<string> FreeNameAsync(string wanted, CancellationToken cancellationToken)
    {
        var taken = (await runs.ListAsync(cancellationToken: cancellationToken)).Select(run => run.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!taken.Contains(wanted)) return wanted;

        var stem = wanted.EndsWith("-1", StringComparison.Ordinal) ? wanted[..^2] : wanted;
        return Enumerable.Range(2, int.MaxValue - 2).Select(number => $"{stem}-{number}").First(name => !taken.Contains(name));
    }

    private sealed class Activation(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
