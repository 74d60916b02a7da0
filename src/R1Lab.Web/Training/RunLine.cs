using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Web.Notifications;

namespace R1Lab.Web.Training;

/// <summary>The line of waiting runs: its order, when its runs will begin, and whether it moves at all. All of it outlives the program.</summary>
public sealed class RunLine(RunStore runs, QueueSwitches switches, RunForecast forecast, TimeProvider time, ILogger<RunLine> log) : IDisposable
{
    private static readonly Actor Worker = Actor.System("run queue");

    private readonly SemaphoreSlim _news = new(0);

    /// <summary>The order or a switch changed.</summary>
    public Watchers<RunLine> Changes { get; } = new(log);

    public void Dispose() => _news.Dispose();

    public async Task<QueuePicture> PictureAsync(CancellationToken cancellationToken = default)
    {
        var running = await runs.ListAsync(RunStatus.Running, cancellationToken) is [var one, ..] ? one : null;
        var hold = await switches.HoldAsync(cancellationToken);
        var first = running is null ? null : new QueuedRun(running, TimeSpan.Zero, forecast.TimeLeft(running));
        var waiting = new List<QueuedRun>();
        var starts = hold is not null ? null : first is null ? TimeSpan.Zero : first.EndsIn;
        foreach (var run in await runs.WaitingAsync(cancellationToken))
        {
            waiting.Add(new QueuedRun(run, starts, await forecast.TimeLeftAsync(run, running, cancellationToken)));
            starts = waiting[^1].EndsIn;
        }

        return new(first, waiting, hold, await switches.ContinuesOnErrorAsync(cancellationToken));
    }

    /// <summary>Starts no more runs until <see cref="GoOnAsync"/>; the one under way goes on.</summary>
    public async Task HoldAsync(Actor by, CancellationToken cancellationToken = default)
    {
        by.Demand(LabRight.Train);
        if (await switches.HoldAsync(cancellationToken) is not null) return;

        await switches.SetHoldAsync(by, new(by.Name, null, null, time.GetUtcNow()), cancellationToken);
        Ring();
    }

    public async Task GoOnAsync(Actor by, CancellationToken cancellationToken = default)
    {
        by.Demand(LabRight.Train);
        if (await switches.HoldAsync(cancellationToken) is null) return;

        await switches.SetHoldAsync(by, null, cancellationToken);
        Ring();
    }

    /// <param name="by">Who says so.</param>
    /// <param name="continues">False: the queue holds after a run that failed or had to pause.</param>
    /// <param name="cancellationToken">Gives up waiting for the database.</param>
    public async Task SetContinuesOnErrorAsync(Actor by, bool continues, CancellationToken cancellationToken = default)
    {
        by.Demand(LabRight.Train);
        if (await switches.ContinuesOnErrorAsync(cancellationToken) == continues) return;

        await switches.SetContinuesOnErrorAsync(by, continues, cancellationToken);
        Ring();
    }

    /// <summary>Tells everyone who looks, and the worker, that the line is not as it was.</summary>
    internal void Ring()
    {
        _news.Release();
        Changes.Publish(this);
    }

    /// <summary>The next run, marked running; null when none waits or the queue is held.</summary>
    internal async Task<Run?> ClaimNextAsync(CancellationToken cancellationToken)
    {
        if (await switches.HoldAsync(cancellationToken) is not null || await runs.ClaimNextAsync(Worker, cancellationToken) is not { } next) return null;

        Changes.Publish(this);
        return next;
    }

    /// <summary>Returns when a run may be waiting.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken) => _news.WaitAsync(cancellationToken);

    /// <summary>A run came to its end: where the switch says so, a bad end holds the queue.</summary>
    internal async Task NoteEndAsync(Run run, RunStatus end)
    {
        if (end is RunStatus.Failed or RunStatus.Paused && !await switches.ContinuesOnErrorAsync())
            await switches.SetHoldAsync(Worker, new(null, run.Id, run.Name, time.GetUtcNow()));
        Changes.Publish(this);
    }
}
