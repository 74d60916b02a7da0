using static TorchSharp.torch;

namespace R1Lab.Engine.Generation;

/// <summary>
/// Answers requests to one loaded model side by side, on one compute thread of its own that owns every tensor made on the way.
/// Requests may come from any thread.
/// </summary>
public sealed class GenerationEngine : IDisposable
{
    private readonly LoadedModel _model;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly LinkedList<GenerationRow> _waiting = new();
    private readonly int _mostRunning;
    private readonly int _mostWaiting;
    private readonly Action<Exception>? _onFailure;
    private int _reserved;
    private int _running;
    private int _pauses;
    private bool _parked;
    private bool _disposed;

    /// <param name="model">Stays the caller's; dispose the engine first.</param>
    /// <param name="mostRunning">Requests stepped together; further ones wait in order.</param>
    /// <param name="mostWaiting">Requests that may wait by <see cref="TryReserve"/>.</param>
    /// <param name="onFailure">
    /// Called on the compute thread when an error ended all requests instead of the one it belongs to; the engine takes new ones afterwards.
    /// </param>
    public GenerationEngine(LoadedModel model, int mostRunning = 32, int mostWaiting = int.MaxValue, Action<Exception>? onFailure = null)
    {
        _model = model;
        (_mostRunning, _mostWaiting, _onFailure) = (mostRunning, mostWaiting, onFailure);
        _thread = new Thread(Run) { IsBackground = true, Name = "generation" };
        _thread.Start();
    }

    /// <summary>Requests being computed.</summary>
    public int Running
    {
        get
        {
            lock (_gate) return _running;
        }
    }

    /// <summary>Requests not started yet, reserved places included.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return WaitingNow;
        }
    }

    /// <summary>Requests that may wait by <see cref="TryReserve"/>.</summary>
    public int MostWaiting => _mostWaiting;

    private int WaitingNow => _waiting.Count + _reserved;

    /// <summary>Takes places in the queue for requests that come later: all of them, or none.</summary>
    /// <param name="requests">How many.</param>
    /// <returns>Null when more requests would wait than may.</returns>
    public IReadOnlyList<QueuePlace>? TryReserve(int requests)
    {
        lock (_gate)
        {
            if (requests > _mostWaiting - WaitingNow) return null;
            _reserved += requests;
        }

        return [.. Enumerable.Range(0, requests).Select(_ => new QueuePlace(this))];
    }

    /// <summary>Generates one reply.</summary>
    /// <param name="request">What to continue and how.</param>
    /// <param name="onStep">Called on the compute thread for every token, in order; must be quick. An exception from it ends this request only.</param>
    /// <param name="cancellation">Ends the request at the next token, with what there is and <see cref="FinishReason.Cancelled"/>.</param>
    /// <exception cref="BadInputException">The request cannot be computed: settings, prompt or adapter.</exception>
    public Task<GenerationResult> GenerateAsync(
        GenerationRequest request, Action<GenerationStep>? onStep = null, CancellationToken cancellation = default) =>
        StartAsync(request, null, onStep, cancellation);

    /// <summary>The same for a request that takes over a reserved place; without one it joins the queue whatever its length.</summary>
    /// <exception cref="BadInputException">The request cannot be computed: settings, prompt or adapter.</exception>
    public Task<GenerationResult> GenerateAsync(
        GenerationRequest request, QueuePlace place, Action<GenerationStep>? onStep = null, CancellationToken cancellation = default) =>
        StartAsync(request, place, onStep, cancellation);

    private Task<GenerationResult> StartAsync(
        GenerationRequest request, QueuePlace? place, Action<GenerationStep>? onStep, CancellationToken cancellation)
    {
        try
        {
            RequestChecks.Check(request, _model.Decoder.Config);
            var row = new GenerationRow(_model, request, request.Adapter is null ? null : _model.Use(request.Adapter), onStep, cancellation);
            Enqueue(row, place);
            return row.Result;
        }
        catch (Exception e) when (e is BadInputException or ObjectDisposedException)
        {
            return Task.FromException<GenerationResult>(e);
        }
    }

    /// <summary>Stops computing at the next token and returns when the device is quiet; requests wait. Every pause needs one <see cref="Resume"/>.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            _pauses++;
            Monitor.PulseAll(_gate);
            if (Thread.CurrentThread == _thread) return;
            while (!_parked && !_disposed) Monitor.Wait(_gate);
        }
    }

    /// <summary>Takes one <see cref="Pause"/> back.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            if (_pauses == 0) throw new InvalidOperationException("The engine is not paused.");
            _pauses--;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Ends all requests as cancelled and the compute thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            Monitor.PulseAll(_gate);
        }

        if (Thread.CurrentThread != _thread) _thread.Join();
    }

    /// <summary>A place no longer counts: its request counts itself, or never came.</summary>
    internal void GiveBack(QueuePlace place)
    {
        lock (_gate)
        {
            if (place.IsHeld) _reserved--;
            place.IsHeld = false;
        }
    }

    private void Enqueue(GenerationRow row, QueuePlace? place)
    {
        lock (_gate)
        {
            if (place is not null) GiveBack(place);
            if (_disposed) row.Fail(new ObjectDisposedException(nameof(GenerationEngine)));
            else if (row.NeedsNothing) row.Complete(FinishReason.Length);
            else _waiting.AddLast(row);
            Monitor.PulseAll(_gate);
        }

        // A caller that leaves while the engine sleeps must wake it.
        var registration = row.Cancellation.UnsafeRegister(_ => Wake(), null);
        _ = row.Result.ContinueWith(_ => registration.Unregister(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }

    private void Run()
    {
        using var noGrad = no_grad();
        var scheduler = new BatchScheduler(_model.Decoder);
        while (TryStep(scheduler)) { }
    }

    // An exception that left this thread would end the process, and a training run in it.
    private bool TryStep(BatchScheduler scheduler)
    {
        try
        {
            if (!Admit(scheduler)) return false;
            scheduler.Step();
        }
        catch (Exception error)
        {
            FailAll(scheduler, error);
        }

        return true;
    }

    // Waiting requests too: one of them may be what fails, and would fail again.
    private void FailAll(BatchScheduler scheduler, Exception error)
    {
        List<GenerationRow> rows;
        lock (_gate)
        {
            rows = [.. scheduler.TakeAll(), .. _waiting];
            _waiting.Clear();
        }

        foreach (var row in rows) row.Fail(GenerationErrors.Explain(error));
        try
        {
            _onFailure?.Invoke(error);
        }
        catch (Exception)
        {
            // The report failed too; the engine still has to live.
        }
    }

    // Waits for work, drops who has left, lets waiting requests in; false at the end.
    private bool Admit(BatchScheduler scheduler)
    {
        lock (_gate)
        {
            while (true)
            {
                DropCancelled(scheduler);
                if (_disposed) return Close(scheduler);
                if (_pauses == 0) Fill(scheduler);
                _running = scheduler.Count;
                if (_pauses == 0 && scheduler.Count > 0) return true;
                _parked = _pauses > 0;
                Monitor.PulseAll(_gate);
                Monitor.Wait(_gate);
                _parked = false;
            }
        }
    }

    private void Fill(BatchScheduler scheduler)
    {
        while (scheduler.Count < _mostRunning && _waiting.First is { } next)
        {
            _waiting.RemoveFirst();
            scheduler.Add(next.Value);
        }
    }

    private void DropCancelled(BatchScheduler scheduler)
    {
        scheduler.DropCancelled();
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Cancellation.IsCancellationRequested)
            {
                node.Value.Complete(FinishReason.Cancelled);
                _waiting.Remove(node);
            }

            node = next;
        }
    }

    private bool Close(BatchScheduler scheduler)
    {
        foreach (var row in scheduler.TakeAll().Concat(_waiting)) row.Complete(FinishReason.Cancelled);
        _waiting.Clear();
        _running = 0;
        Monitor.PulseAll(_gate);
        return false;
    }
}
