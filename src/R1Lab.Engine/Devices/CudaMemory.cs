using R1Lab.Engine.Native;

namespace R1Lab.Engine.Devices;

/// <summary>Memory of one card: by the driver for everybody, by libtorch's allocator for this process.</summary>
/// <param name="TotalBytes">Built in.</param>
/// <param name="FreeBytes">Not taken by any process.</param>
/// <param name="AllocatedBytes">In tensors of this process.</param>
/// <param name="PeakAllocatedBytes">The most of it since <see cref="ResetPeak"/>.</param>
/// <param name="ReservedBytes">Held by this process's allocator, tensors included.</param>
/// <param name="PeakReservedBytes">The most of it since <see cref="ResetPeak"/>.</param>
public sealed record CudaMemory(long TotalBytes, long FreeBytes, long AllocatedBytes, long PeakAllocatedBytes, long ReservedBytes, long PeakReservedBytes)
{
    private static readonly Lazy<NvmlLibrary?> Driver = new(() => NvmlLibrary.Load() is { } library && library.Start() is null ? library : null);

    /// <summary>Asks now; null where there is no such card. Never throws.</summary>
    /// <param name="index">The card's number as libtorch counts.</param>
    public static CudaMemory? Read(int index)
    {
        if (CudaDriver.Card(index) is not { } card) return null;
        var free = Driver.Value is { } library && library.Device(card.Uuid) is { } device ? library.Memory(device)?.Free : null;
        var own = CudaAllocator.Read(index);
        return new CudaMemory(
            card.TotalBytes, (long?)free ?? card.TotalBytes - (own?.ReservedBytes ?? 0),
            own?.AllocatedBytes ?? 0, own?.PeakAllocatedBytes ?? 0, own?.ReservedBytes ?? 0, own?.PeakReservedBytes ?? 0);
    }

    /// <summary>Starts the peaks anew; does nothing without a card.</summary>
    public static void ResetPeak(int index) => CudaAllocator.ResetPeak(index);
}
