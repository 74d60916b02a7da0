using R1Lab.Engine.Devices;

namespace R1Lab.Web.Device;

/// <summary>What the device of a run does, asked from the driver once a second at most: steps may be faster.</summary>
/// <param name="read">Asks now; null where there is no card, or it does not answer.</param>
public sealed class DeviceWatch(Func<GpuReading?> read, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private GpuReading? _last;
    private long? _askedAt;

    public static DeviceWatch Of(IGpuMonitor monitor, ComputeDevice device, TimeProvider time) => new(() => monitor.ReadingOf(device), time);

    /// <summary>Called on the compute thread only.</summary>
    public GpuReading? Now()
    {
        if (_askedAt is { } asked && time.GetElapsedTime(asked) < Pause) return _last;

        (_askedAt, _last) = (time.GetTimestamp(), read());
        return _last;
    }
}
