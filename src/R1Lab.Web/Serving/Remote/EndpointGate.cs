namespace R1Lab.Web.Serving.Remote;

/// <summary>How many requests of the lab one endpoint has at a time, and how many wait for it.</summary>
/// <param name="mostAtOnce">Requests under way.</param>
/// <param name="mostWaiting">Requests that wait or have a place reserved.</param>
internal sealed class EndpointGate(int mostAtOnce, int mostWaiting)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _queue = [];
    private int _running;
    private int _waiting;

    public int MostAtOnce => mostAtOnce;

    public int MostWaiting => mostWaiting;

    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting;
        }
    }

    /// <summary>All the places, or none.</summary>
    public IReadOnlyList<Place>? TryReserve(int requests)
    {
        lock (_lock)
        {
            if (requests > mostWaiting - _waiting) return null;
            _waiting += requests;
        }

        return [.. Enumerable.Range(0, requests).Select(_ => new Place(this))];
    }

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_running < mostAtOnce)
            {
                _running++;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _queue.Enqueue(turn);
        }

        await using var left = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
        await turn.Task;
    }

    // The turn passes to the first one that still waits.
    private void Leave()
    {
        lock (_lock)
        {
            while (_queue.TryDequeue(out var next))
            {
                if (next.TrySetResult()) return;
            }

            _running--;
        }
    }

    private void StopWaiting()
    {
        lock (_lock) _waiting--;
    }

    /// <summary>One request's place in the queue; from <see cref="EnterAsync"/> to <see cref="Dispose"/> it is under way.</summary>
    internal sealed class Place(EndpointGate gate) : IDisposable
    {
        private bool _waits = true;
        private bool _runs;

        public async Task EnterAsync(CancellationToken cancellationToken)
        {
            await gate.EnterAsync(cancellationToken);
            (_runs, _waits) = (true, false);
            gate.StopWaiting();
        }

        public void Dispose()
        {
            if (_waits) gate.StopWaiting();
            if (_runs) gate.Leave();
            (_waits, _runs) = (false, false);
        }
    }
}
