namespace R1Lab.Web.Device;

/// <summary>The device in one owner's hands.</summary>
public sealed class DeviceLoan : IDisposable
{
    private readonly DeviceLease _lease;

    internal DeviceLoan(DeviceLease lease, LeaseHolder holder) => (_lease, Holder) = (lease, holder);

    public LeaseHolder Holder { get; }

    /// <summary>Whether somebody waits for the device.</summary>
    public bool IsWanted => _lease.IsWanted;

    /// <summary>
    /// Gives the device to those who wait now and comes back with a new loan when they are done; at once when nobody waits. This loan is over then.
    /// </summary>
    public Task<DeviceLoan> LendAsync(CancellationToken cancellationToken = default)
    {
        if (!IsWanted) return Task.FromResult(this);

        // Ask before giving up: the place in line is behind those who wait now and before everyone who comes later.
        var again = _lease.AcquireAsync(Holder with { Lends = true }, cancellationToken);
        _lease.Release(this);
        return again;
    }

    /// <summary><see cref="LendAsync"/> for the compute thread, which has nothing else to do meanwhile.</summary>
    public DeviceLoan Lend() => LendAsync().GetAwaiter().GetResult();

    public void Dispose() => _lease.Release(this);
}
