using R1Lab.Engine.Devices;

namespace R1Lab.Bench;

/// <summary>The most memory of a card over some time, in bytes, as libtorch's allocator counts: the card's context is beside it.</summary>
/// <param name="Allocated">In tensors.</param>
/// <param name="Reserved">Held by the allocator, tensors included.</param>
internal sealed record DevicePeak(long Allocated, long Reserved)
{
    /// <summary>Since the process started or the peaks were last begun anew; null on the CPU.</summary>
    public static DevicePeak? Now(ComputeDevice device) => device.IsCuda && CudaMemory.Read(device.Index) is { } memory ? new(memory.PeakAllocatedBytes, memory.PeakReservedBytes) : null;

    /// <summary>The larger of two in each number.</summary>
    public static DevicePeak? Most(DevicePeak? one, DevicePeak? other) =>
        one is null || other is null ? one ?? other : new(Math.Max(one.Allocated, other.Allocated), Math.Max(one.Reserved, other.Reserved));
}
