namespace R1Lab.Engine.Devices;

/// <summary>Finds a compute device among the cards.</summary>
public static class GpuReadings
{
    /// <summary>What the device's card does now; null on the CPU and where no card answers. By identity: the driver may number cards otherwise.</summary>
    public static GpuReading? ReadingOf(this IGpuMonitor monitor, ComputeDevice device)
    {
        if (!device.IsCuda || CudaDriver.Card(device.Index) is not { } card) return null;

        return monitor.Read().FirstOrDefault(reading => string.Equals(reading.Uuid, card.Uuid, StringComparison.OrdinalIgnoreCase));
    }
}
