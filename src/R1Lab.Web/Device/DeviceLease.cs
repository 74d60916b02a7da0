using R1Lab.Web.Notifications;

namespace R1Lab.Web.Device;

public enum DeviceUse
{
    Training,

    /// <summary>Answers of models: chat, the API, studies.</summary>
    Answers,
}

/// <summary>Who has the compute device, for what, and since when; or who waits for it.</summary>
public sealed record LeaseHolder(string Who, string What, DateTimeOffset Since)
{
    public DeviceUse Use { get; init; }

    /// <summary>The run that trains.</summary>
    public int? RunId { get; init; }

    /// <summary>It has lent the device between two steps and takes it back when those before it are done.</summary>
    public bool Lends { get; init; }
}

/// <summary>
/// The compute device has one owner at a time. Everyone asks here and is served in the order of asking. A training run is a long owner: between
/// two optimizer steps it lends the device to those who wait (<see cref="DeviceLoan.LendAsync"/>) and is itself next in line again, so a chat
/// answer waits one step at most, and training waits for the answers that were asked for at that moment and no later ones.
/// </summary>
public sealed class DeviceLease(TimeProvider time, ILogger<DeviceLease> log)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Request> _line = new();
    private LeaseHolder? _holder;
    private object? _owner;

    /// <summary>The holder or the line changed.</summary>
    public Watchers<DeviceLease> Changes { get; } = new(log);

    public LeaseHolder? Holder
    {
        get { lock (_gate) return _holder; }
    }

    /// <summary>Who waits, first in line first.</summary>
    public IReadOnlyList<LeaseHolder> Waiting
    {
        get { lock (_gate) return [.. _line.Select(request => request.Asked)]; }
    }

    /// <summary>Waits for the device. Dispose what comes back to give it up.</summary>
    /// <param name="who">The owner's name as people see it.</param>
    /// <param name="what">What for, for example the run's name.</param>
    /// <exception cref="OperationCanceledException">The caller left the line.</exception>
    public Task<DeviceLoan> AcquireAsync(string who, string what, CancellationToken cancellationToken = default) =>
        AcquireAsync(new LeaseHolder(who, what, time.GetUtcNow()), cancellationToken);

    /// <inheritdoc cref="AcquireAsync(string, string, CancellationToken)"/>
    public Task<DeviceLoan> AcquireAsync(LeaseHolder asked, CancellationToken cancellationToken = default)
    {
        var request = new Request(asked);
        lock (_gate)
        {
            _line.AddLast(request);
            ServeNext();
        }

        Changes.Publish(this);
        return WaitAsync(request, cancellationToken);
    }

    internal bool IsWanted
    {
        get { lock (_gate) return _line.Count > 0; }
    }

    internal void Release(DeviceLoan loan)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_owner, loan)) return;
            (_owner, _holder) = (null, null);
            ServeNext();
        }

        Changes.Publish(this);
    }

    private async Task<DeviceLoan> WaitAsync(Request request, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() => Leave(request, cancellationToken));
        return await request.Granted.Task;
    }

    private void Leave(Request request, CancellationToken cancellationToken)
    {
        bool left;
        lock (_gate) left = _line.Remove(request);
        if (!left) return;

        request.Granted.TrySetCanceled(cancellationToken);
        Changes.Publish(this);
    }

    private void ServeNext()
    {
        if (_owner is not null || _line.First is not { } first) return;

        _line.RemoveFirst();
        var asked = first.Value.Asked;
        _holder = asked.Lends ? asked with { Lends = false } : asked with { Since = time.GetUtcNow() };
        var loan = new DeviceLoan(this, _holder);
        _owner = loan;
        first.Value.Granted.SetResult(loan);
    }

    private sealed record Request(LeaseHolder Asked)
    {
        public TaskCompletionSource<DeviceLoan> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
