using R1Lab.Engine.Native;

namespace R1Lab.Engine.Devices;

/// <summary>Memory of a device as plain numbers.</summary>
/// <param name="Name"><c>cpu</c> or <c>cuda:0</c>.</param>
/// <param name="IsCuda">A card; else the machine's main memory.</param>
/// <param name="TotalBytes">Built in (or allowed to this process).</param>
/// <param name="FreeBytes">Not taken by anybody now.</param>
/// <param name="OwnBytes">Taken by this process already: its program and the models it keeps loaded.</param>
public sealed record DeviceCapacity(string Name, bool IsCuda, long TotalBytes, long FreeBytes, long OwnBytes = 0)
{
    /// <summary>What this process can have in all.</summary>
    public long UsableBytes => Math.Min(TotalBytes, FreeBytes + OwnBytes);

    /// <summary>Asks the system, or the driver, now. A card that does not answer counts as one without memory.</summary>
    public static DeviceCapacity Read(ComputeDevice device)
    {
        if (!device.IsCuda) return MainMemory(device.ToString());
        var memory = CudaMemory.Read(device.Index);
        return new DeviceCapacity(device.ToString(), true, memory?.TotalBytes ?? 0, memory?.FreeBytes ?? 0, memory?.ReservedBytes ?? 0);
    }

    private static DeviceCapacity MainMemory(string name)
    {
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes; // the container's limit where there is one
        var process = ProcessMemory.Now();
        var own = process.Resident - process.Mapped;
        return new DeviceCapacity(name, false, total, Math.Min(ProcessMemory.AvailableInMachine() ?? total, total - Math.Min(own, total)), own);
    }
}
