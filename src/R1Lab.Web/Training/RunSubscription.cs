using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>One page's share of the feed: gathers what happens and hands it over in one piece, with at least 250 ms between two pieces.</summary>
internal sealed class RunSubscription : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Gathered> _gathered = [];
    private readonly int? _runId;
    private readonly Func<RunUpdate, Task> _onUpdate;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action<RunSubscription> _onEnd;
    private readonly ITimer _timer;
    private DateTimeOffset _last = DateTimeOffset.MinValue;
    private bool _busy;
    private bool _ended;

    public RunSubscription(int? runId, Func<RunUpdate, Task> onUpdate, TimeProvider time, ILogger log, Action<RunSubscription> onEnd)
    {
        (_runId, _onUpdate, _time, _log, _onEnd) = (runId, onUpdate, time, log, onEnd);
        _timer = time.CreateTimer(_ => _ = DeliverAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(RunUpdate update)
    {
        if (_runId is { } wanted && wanted != update.RunId) return;

        lock (_gate)
        {
            if (_ended) return;
            if (!_gathered.TryGetValue(update.RunId, out var gathered)) _gathered[update.RunId] = gathered = new();
            gathered.Add(update);
            if (!_busy) Arm();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _gathered.Clear();
        }

        _timer.Dispose();
        _onEnd(this);
    }

    private void Arm()
    {
        _busy = true;
        var wait = _last + Pause - _time.GetUtcNow();
        _timer.Change(wait > TimeSpan.Zero && _last != DateTimeOffset.MinValue ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task DeliverAsync()
    {
        foreach (var update in Take())
        {
            try
            {
                await _onUpdate(update);
            }
            catch (Exception error)
            {
                // A page that broke or went away must not end the feed for others.
                _log.LogDebug(error, "A page did not take its update of run {Run}.", update.RunId);
            }
        }

        lock (_gate)
        {
            _last = _time.GetUtcNow();
            _busy = false;
            if (_gathered.Count > 0 && !_ended) Arm();
        }
    }

    private List<RunUpdate> Take()
    {
        lock (_gate)
        {
            var updates = _gathered.Select(pair => pair.Value.ToUpdate(pair.Key)).ToList();
            _gathered.Clear();
            return updates;
        }
    }

    private sealed class Gathered
    {
        private readonly List<StepMetrics> _metrics = [];
        private readonly List<RunEvent> _events = [];
        private readonly List<RunProbe> _probes = [];
        private RunProgress _progress = new();
        private bool _missed;
        private bool _rowsChanged;

        public void Add(RunUpdate update)
        {
            _progress = update.Progress;
            _rowsChanged |= update.RowsChanged;
            _missed |= update.Missed || _metrics.Count + _events.Count + _probes.Count >= RunFeed.Patience;
            if (_missed) return;

            _metrics.AddRange(update.Metrics);
            _events.AddRange(update.Events);
            _probes.AddRange(update.Probes);
        }

        public RunUpdate ToUpdate(int runId) => new(runId, _progress, [.. _metrics], [.. _events], _missed) { Probes = [.. _probes], RowsChanged = _rowsChanged };
    }
}
