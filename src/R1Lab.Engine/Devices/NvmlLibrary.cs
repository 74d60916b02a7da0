using System.Runtime.InteropServices;
using System.Text;

namespace R1Lab.Engine.Devices;

/// <summary>nvmlMemory_t: bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NvmlMemory(ulong Total, ulong Free, ulong Used);

/// <summary>nvmlUtilization_t: per cent.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NvmlUtilization(uint Gpu, uint Memory);

/// <summary>
/// The calls of NVML this program makes (<see href="https://docs.nvidia.com/deploy/nvml-api/"/>), looked up by name, so that a machine without the
/// library, or an old library without a call, is an ordinary case. Every call answers null where the library reports an error.
/// </summary>
internal sealed unsafe class NvmlLibrary
{
    private const int TextLength = 96; // NVML_DEVICE_NAME_V2_BUFFER_SIZE and NVML_DEVICE_UUID_V2_BUFFER_SIZE
    private const uint GpuSensor = 0; // NVML_TEMPERATURE_GPU

    private readonly Func<string, nint> _addressOf;

    /// <param name="addressOf">The address of an exported function; 0 when there is none of that name.</param>
    public NvmlLibrary(Func<string, nint> addressOf) => _addressOf = addressOf;

    /// <summary>The driver's own library; null when it is not installed.</summary>
    public static NvmlLibrary? Load()
    {
        foreach (var name in OperatingSystem.IsWindows() ? new[] { "nvml.dll" } : ["libnvidia-ml.so.1", "libnvidia-ml.so"])
        {
            if (NativeLibrary.TryLoad(name, out var library)) return new NvmlLibrary(export => NativeLibrary.TryGetExport(library, export, out var address) ? address : 0);
        }

        return null;
    }

    /// <summary>Must come first.</summary>
    /// <returns>Why it failed, or null.</returns>
    public string? Start()
    {
        var start = (delegate* unmanaged[Cdecl]<int>)_addressOf("nvmlInit_v2");
        if (start == null) return "its management library is too old";
        var code = start();
        return code == 0 ? null : ErrorText(code);
    }

    public int Count()
    {
        var call = (delegate* unmanaged[Cdecl]<uint*, int>)_addressOf("nvmlDeviceGetCount_v2");
        uint count = 0;
        return call != null && call(&count) == 0 ? (int)count : 0;
    }

    public nint? Device(int index)
    {
        var call = (delegate* unmanaged[Cdecl]<uint, nint*, int>)_addressOf("nvmlDeviceGetHandleByIndex_v2");
        nint device = 0;
        return call != null && call((uint)index, &device) == 0 ? device : null;
    }

    public nint? Device(string uuid)
    {
        var call = (delegate* unmanaged[Cdecl]<byte*, nint*, int>)_addressOf("nvmlDeviceGetHandleByUUID");
        nint device = 0;
        fixed (byte* text = Encoding.ASCII.GetBytes(uuid + '\0'))
        {
            return call != null && call(text, &device) == 0 ? device : null;
        }
    }

    public string? Name(nint device) => Text("nvmlDeviceGetName", device);

    public string? Uuid(nint device) => Text("nvmlDeviceGetUUID", device);

    public NvmlMemory? Memory(nint device)
    {
        var call = (delegate* unmanaged[Cdecl]<nint, NvmlMemory*, int>)_addressOf("nvmlDeviceGetMemoryInfo");
        NvmlMemory memory = default;
        return call != null && call(device, &memory) == 0 ? memory : null;
    }

    public int? Utilization(nint device)
    {
        var call = (delegate* unmanaged[Cdecl]<nint, NvmlUtilization*, int>)_addressOf("nvmlDeviceGetUtilizationRates");
        NvmlUtilization rates = default;
        return call != null && call(device, &rates) == 0 ? (int)rates.Gpu : null;
    }

    public int? Temperature(nint device)
    {
        var call = (delegate* unmanaged[Cdecl]<nint, uint, uint*, int>)_addressOf("nvmlDeviceGetTemperature");
        uint degrees = 0;
        return call != null && call(device, GpuSensor, &degrees) == 0 ? (int)degrees : null;
    }

    public int? Milliwatts(nint device)
    {
        var call = (delegate* unmanaged[Cdecl]<nint, uint*, int>)_addressOf("nvmlDeviceGetPowerUsage");
        uint milliwatts = 0;
        return call != null && call(device, &milliwatts) == 0 ? (int)milliwatts : null;
    }

    private string? Text(string function, nint device)
    {
        var call = (delegate* unmanaged[Cdecl]<nint, byte*, uint, int>)_addressOf(function);
        var text = stackalloc byte[TextLength];
        return call != null && call(device, text, TextLength) == 0 ? Marshal.PtrToStringUTF8((nint)text) : null;
    }

    private string ErrorText(int code)
    {
        var call = (delegate* unmanaged[Cdecl]<int, byte*>)_addressOf("nvmlErrorString");
        return (call != null ? Marshal.PtrToStringUTF8((nint)call(code)) : null) ?? $"error {code}";
    }
}
