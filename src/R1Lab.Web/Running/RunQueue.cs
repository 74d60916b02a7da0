using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Web.Access;
using R1Lab.Web.Options;

namespace R1Lab.Web.Running;

/// <summary>What became of a request to train: the run, or every reason why not.</summary>
public sealed record RunSubmission(Run? Run, IReadOnlyList<Problem> Problems);

/// <summary>The one door to training for pages and API: put a run in line, stop it, let it go on.</summary>
public sealed class RunQueue(RunPlanner planner, RunStore runs, RunFeed feed, AuditStore audit, IOptions<LabOptions> lab) : IDisposable
{
    private readonly SemaphoreSlim _news = new(0);
    private readonly ConcurrentDictionary<int, CancellationTokenSource> _active = new();

    public void Dispose() => _news.Dispose();

    /// <summary>What would be said about the recipe if it were put in line now.</summary>
    public async Task<RunCheck> CheckAsync(TrainingRecipe recipe, CancellationToken cancellationToken = default) =>
        (await planner.PlanAsync(recipe, cancellationToken)).Check;

    /// <summary>Looks at the recipe with its data and puts it in line, or refuses it with every problem.</summary>
    public async Task<RunSubmission> EnqueueAsync(TrainingRecipe recipe, Visitor owner, CancellationToken cancellationToken = default)
    {
        var plan = await planner.PlanAsync(recipe, cancellationToken);
        if (!plan.Check.MayStart) return new(null, plan.Check.Problems);

        var named = plan.Recipe with { Name = await NameAsync(plan, cancellationToken) };
        var run = await runs.CreateAsync(
            new NewRun(named.Name, named.ToJson(), named.Model)
            {
                DatasetId = plan.Dataset!.Id,
                DatasetName = plan.Dataset.Name,
                DatasetVersion = plan.Dataset.Version,
                TotalSteps = plan.Check.Facts!.TotalSteps,
                OwnerId = owner.UserId,
                OwnerName = owner.Name,
            },
            cancellationToken);
        await runs.SetOutputPathAsync(run.Id, OutputFolder(run.Id), cancellationToken);
        await audit.RecordAsync(owner.Did("run.start", $"run {run.Id}", run.Name), cancellationToken);
        Tell(run);
        return new(run, plan.Check.Problems);
    }

    /// <summary>Stops at the next step boundary, with a snapshot. False when there is nothing to stop.</summary>
    public async Task<bool> StopAsync(int runId, Visitor by, CancellationToken cancellationToken = default)
    {
        if (!await StopAsync(runId, cancellationToken)) return false;

        await audit.RecordAsync(by.Did("run.stop", $"run {runId}"), cancellationToken);
        return true;
    }

    /// <summary>Puts the run in line again; it goes on from its newest whole snapshot. False when its state does not allow that.</summary>
    /// <param name="by">Who asks; null when the program goes on by itself after a restart.</param>
    public async Task<bool> ResumeAsync(int runId, Visitor? by, CancellationToken cancellationToken = default)
    {
        if (!await runs.SetStatusAsync(runId, RunStatus.Queued, cancellationToken: cancellationToken)) return false;

        if (by is not null) await audit.RecordAsync(by.Did("run.resume", $"run {runId}"), cancellationToken);
        await PublishAsync(runId, cancellationToken);
        _news.Release();
        return true;
    }

    private async Task<bool> StopAsync(int runId, CancellationToken cancellationToken)
    {
        if (_active.TryGetValue(runId, out var active))
        {
            await active.CancelAsync();
            return true;
        }

        if (!await runs.SetStatusAsync(runId, RunStatus.Stopped, cancellationToken: cancellationToken)) return false;
        await PublishAsync(runId, cancellationToken);
        return true;
    }

    /// <summary>Whether the run was asked to stop and is finishing its step.</summary>
    public bool IsStopping(int runId) => _active.TryGetValue(runId, out var active) && active.IsCancellationRequested;

    /// <summary>Where a run's snapshots and results go.</summary>
    public string OutputFolder(int runId) => Path.Combine(Path.GetFullPath(lab.Value.DataFolder), "runs", runId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Returns when a run may be waiting.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken) => _news.WaitAsync(cancellationToken);

    /// <summary>The run can be stopped by <see cref="StopAsync"/> until the returned registration is disposed.</summary>
    internal IDisposable Activate(int runId, CancellationTokenSource stop)
    {
        _active[runId] = stop;
        return new Activation(() => _active.TryRemove(runId, out _));
    }

    private void Tell(Run run)
    {
        feed.Publish(run.Id, RunProgress.Of(run));
        _news.Release();
    }

    private async Task PublishAsync(int runId, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(runId, cancellationToken) is { } run) feed.Publish(runId, RunProgress.Of(run));
    }

    /// <summary>The given name, or dataset and model with a number that no run has yet.</summary>
    private async Task<string> NameAsync(RunPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Recipe.Name is { } given && !string.IsNullOrWhiteSpace(given)) return given.Trim();

        var taken = (await runs.ListAsync(cancellationToken: cancellationToken)).Select(run => run.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return Enumerable.Range(1, int.MaxValue - 1).Select(number => $"{plan.Dataset!.Name}-{number}").First(name => !taken.Contains(name));
    }

    private sealed class Activation(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
