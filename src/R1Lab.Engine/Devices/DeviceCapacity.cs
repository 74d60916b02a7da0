using R1Lab.Engine.Native;

namespace R1Lab.Engine.Devices;

/// <summary>Memory of a device as plain numbers.</summary>
/// <param name="Name"><c>cpu</c> or <c>cuda:0</c>.</param>
/// <param name="IsCuda">A card; else the machine's main memory.</param>
/// <param name="TotalBytes">Built in (or allowed to this process).</param>
/// <param name="FreeBytes">Not taken by anybody now.</param>
/// <param name="OwnBytes">Taken by this process already: its program, libraries included, and the models it keeps loaded.</param>
public sealed record DeviceCapacity(string Name, bool IsCuda, long TotalBytes, long FreeBytes, long OwnBytes = 0)
{
    /// <summary>What this process can have in all.</summary>
    public long UsableBytes => Math.Min(TotalBytes, FreeBytes + OwnBytes);

    /// <summary>Asks the system, or the driver, now. A card that does not answer counts as one without memory.</summary>
    public static DeviceCapacity Read(ComputeDevice device)
    {
        if (!device.IsCuda) return MainMemory(device.ToString());
        var memory = CudaMemory.Read(device.Index);
        // What the allocator keeps for later is free to this process.
        var kept = memory is null ? 0 : memory.ReservedBytes - memory.AllocatedBytes;
        return new DeviceCapacity(device.ToString(), true, memory?.TotalBytes ?? 0, (memory?.FreeBytes ?? 0) + kept, memory?.AllocatedBytes ?? 0);
    }

    /// <summary>The same with this process kept below a limit.</summary>
    public DeviceCapacity Within(long limit) => this with { TotalBytes = Math.Min(TotalBytes, limit), FreeBytes = Math.Min(FreeBytes, Math.Max(0, limit - OwnBytes)) };

    private static DeviceCapacity MainMemory(string name)
    {
        var machine = MachineMemory.Read();
        var total = machine?.TotalBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var process = ProcessMemory.Now();
        // Pages of mapped files count as available, as the system may drop them; those of this process (libraries, weights read in place) are in use.
        var available = Math.Max(0, (machine?.AvailableBytes ?? total) - process.Mapped);
        return new DeviceCapacity(name, false, total, Math.Min(available, Math.Max(0, total - process.Resident)), process.Resident);
    }
}
