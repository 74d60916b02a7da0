namespace R1Lab.Engine.Devices;

/// <summary>The most memory in use from its making to its end: of a card what libtorch's allocator held, of the CPU what this process had resident.</summary>
public sealed class MemoryWatch : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly Timer? _timer;
    private long _peak;

    public MemoryWatch(ComputeDevice device)
    {
        _device = device;
        if (device.IsCuda) CudaMemory.ResetPeak(device.Index);
        else _timer = new Timer(_ => Look(), null, 0, 5);
    }

    /// <summary>Bytes, so far.</summary>
    public long Peak
    {
        get
        {
            if (_device.IsCuda) return CudaMemory.Read(_device.Index)?.PeakReservedBytes ?? 0;
            Look();
            return Interlocked.Read(ref _peak);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        var now = Environment.WorkingSet;
        for (var peak = Interlocked.Read(ref _peak); now > peak; peak = Interlocked.Read(ref _peak))
        {
            if (Interlocked.CompareExchange(ref _peak, now, peak) == peak) return;
        }
    }
}
