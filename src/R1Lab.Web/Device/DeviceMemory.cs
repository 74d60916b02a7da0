using Microsoft.Extensions.Options;
using R1Lab.Engine.Devices;
using R1Lab.Web.Options;

namespace R1Lab.Web.Device;

/// <summary>Memory of the device that the lab computes on, as it may use it: what the system says now, kept below <see cref="LabOptions.MemoryLimit"/>.</summary>
public sealed class DeviceMemory(IOptions<LabOptions> lab)
{
    public DeviceCapacity Read()
    {
        var capacity = DeviceCapacity.Read(ComputeDevice.Default());
        return lab.Value.MemoryLimit is { } limit ? capacity.Within(limit) : capacity;
    }
}
