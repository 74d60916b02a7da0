using System.Collections.Concurrent;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>
/// News for eyes: pages learn what runs do, four times a second at most. It may drop points for a slow page and says so; the store has them all.
/// Nothing a page does can hold up training.
/// </summary>
public sealed class RunFeed(TimeProvider time, ILogger<RunFeed> log)
{
    /// <summary>Points kept for a page that does not come to fetch them.</summary>
    public const int Patience = 1000;

    private readonly ConcurrentDictionary<int, RunProgress> _progress = new();
    private readonly ConcurrentDictionary<RunSubscription, byte> _subscriptions = new();

    /// <summary>The live state of a run this process has worked on; null for others.</summary>
    public RunProgress? Progress(int runId) => _progress.GetValueOrDefault(runId);

    /// <param name="runId">One run, or null for all.</param>
    /// <param name="onUpdate">Called on any thread, never twice at once.</param>
    /// <returns>Dispose it to end the subscription.</returns>
    public IDisposable Subscribe(int? runId, Func<RunUpdate, Task> onUpdate)
    {
        var subscription = new RunSubscription(runId, onUpdate, time, log, ended => _subscriptions.TryRemove(ended, out _));
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    public void Publish(int runId, RunProgress progress)
    {
        _progress[runId] = progress;
        Tell(new(runId, progress, [], [], false));
    }

    public void Publish(int runId, StepMetrics step)
    {
        var progress = _progress.AddOrUpdate(runId, _ => new RunProgress().After(step), (_, known) => known.After(step));
        Tell(new(runId, progress, [step], [], false));
    }

    public void Publish(RunEvent happened) => Tell(new(happened.RunId, Known(happened.RunId), [], [happened], false));

    public void Publish(RunProbe probe) => Tell(new(probe.RunId, Known(probe.RunId), [], [], false) { Probes = [probe] });

    /// <summary>The store has new losses of the run's rows; whoever shows them may ask.</summary>
    public void PublishRows(int runId) => Tell(new(runId, Known(runId), [], [], false) { RowsChanged = true });

    private RunProgress Known(int runId) => _progress.GetValueOrDefault(runId) ?? new RunProgress();

    private void Tell(RunUpdate update)
    {
        foreach (var subscription in _subscriptions.Keys) subscription.Add(update);
    }
}
