using System.Runtime.InteropServices;
using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Bench.Training;

/// <summary>
/// Memory taken on a card since this was made. libtorch's allocator keeps what it once took, so the growth at the end is the most that was
/// held; other programs should leave the card alone meanwhile.
/// </summary>
internal sealed partial class DeviceMemory
{
    private readonly long _before;

    public DeviceMemory(ComputeDevice device)
    {
        zeros(1, device: device.Torch).Dispose();
        _before = Used();
    }

    public double GrownMb => (Used() - _before) / 1048576.0;

    private static long Used() => cuMemGetInfo_v2(out var free, out var total) == 0 ? (long)(total - free) : 0;

    [LibraryImport("libcuda.so.1")]
    private static partial int cuMemGetInfo_v2(out nuint free, out nuint total);
}
