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
    private int _running;
    private int _pauses;
    private bool _parked;
    private bool _disposed;

    /// <param name="model">Stays the caller's; dispose the engine first.</param>
    /// <param name="mostRunning">Requests stepped together; further ones wait in order.</param>
    public GenerationEngine(LoadedModel model, int mostRunning = 32)
    {
        _model = model;
        _mostRunning = mostRunning;
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

    /// <summary>Requests not begun yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <summary>Generates one reply.</summary>
    /// <param name="request">What to continue and how.</param>
    /// <param name="onStep">Called on the compute thread for every token, in order; must be quick. An exception from it ends this request only.</param>
    /// <param name="cancellation">Ends the request at the next token, with what there is and <see cref="FinishReason.Cancelled"/>.</param>
    /// <exception cref="BadInputException">The request cannot be computed: settings, prompt or adapter.</exception>
    public Task<GenerationResult> GenerateAsync(GenerationRequest request, Action<GenerationStep>? onStep = null, CancellationToken cancellation = default)
    {
        try
        {
            RequestChecks.Check(request, _model.Decoder.Config);
            var row = new GenerationRow(_model, request, request.Adapter is null ? null : _model.Use(request.Adapter), onStep, cancellation);
            Enqueue(row);
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

    private void Enqueue(GenerationRow row)
    {
        lock (_gate)
        {
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
        while (Admit(scheduler)) scheduler.Step();
        scheduler.CancelAll();
    }

    // Waits for work, drops who has left, lets waiting requests in; false at the end.
    private bool Admit(BatchScheduler scheduler)
    {
        lock (_gate)
        {
            while (true)
            {
                DropCancelled(scheduler);
                if (_disposed) return Close();
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

    private bool Close()
    {
        foreach (var row in _waiting) row.Complete(FinishReason.Cancelled);
        _waiting.Clear();
        _running = 0;
        Monitor.PulseAll(_gate);
        return false;
    }
}
