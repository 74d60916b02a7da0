using R1Lab.Web.Device;

namespace R1Lab.Web.Serving;

/// <summary>
/// The device for answers: those that run at one time share one loan. When somebody else waits for the device, newcomers wait for the next
/// loan, so that a stream of questions cannot keep a training run from its next step.
/// </summary>
public sealed class GenerationTurns(DeviceLease lease)
{
    private readonly Lock _gate = new();
    private Turn? _open;

    /// <summary>Waits for the device; dispose what comes back when the answer has ended.</summary>
    /// <param name="model">What is asked, for the board.</param>
    /// <param name="cancellation">Leaves the line.</param>
    public async Task<IDisposable> EnterAsync(string model, CancellationToken cancellation)
    {
        Turn turn;
        lock (_gate)
        {
            if (_open is null || _open.IsClosed) _open = Begin(model);
            turn = _open;
            turn.Enter();
        }

        try
        {
            await turn.Loan.WaitAsync(cancellation);
            return new Place(this, turn);
        }
        catch
        {
            Leave(turn);
            throw;
        }
    }

    private Turn Begin(string model)
    {
        var unwanted = new CancellationTokenSource();
        return new Turn(lease.AcquireAsync(new LeaseHolder("chat", model, DateTimeOffset.UtcNow) { Use = DeviceUse.Answers }, unwanted.Token), unwanted);
    }

    private void Leave(Turn turn)
    {
        lock (_gate)
        {
            if (!turn.Leave()) return;
            if (ReferenceEquals(_open, turn)) _open = null;
        }

        turn.End();
    }

    private sealed class Turn(Task<DeviceLoan> loan, CancellationTokenSource unwanted)
    {
        private int _places;

        public Task<DeviceLoan> Loan { get; } = loan;

        public bool IsClosed => Loan.IsFaulted || Loan.IsCanceled || (Loan.IsCompletedSuccessfully && Loan.GetAwaiter().GetResult().IsWanted);

        public void Enter() => _places++;

        /// <returns>Whether this was the last one.</returns>
        public bool Leave() => --_places == 0;

        // Either the loan is given back, or the place in line is given up; a loan granted in between is given back too.
        public void End()
        {
            unwanted.Cancel();
            _ = Loan.ContinueWith(
                static loan => { if (loan.IsCompletedSuccessfully) loan.GetAwaiter().GetResult().Dispose(); },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            unwanted.Dispose();
        }
    }

    private sealed class Place(GenerationTurns turns, Turn turn) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) turns.Leave(turn);
        }
    }
}
