using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;

namespace R1Lab.Engine.Tests.Devices;

public sealed unsafe class GpuMonitorTests
{
    private const int NotSupported = 3; // NVML_ERROR_NOT_SUPPORTED
    private const int DriverNotLoaded = 9; // NVML_ERROR_DRIVER_NOT_LOADED

    [Fact]
    public void Open_OnAnyMachine_ReadsCardsOrSaysWhyNot()
    {
        var monitor = GpuMonitor.Open();

        var readings = monitor.Read();

        Assert.Equal(readings.Count > 0, monitor.Absence is null);
        if (!NativeLibrary.TryLoad("libnvidia-ml.so.1", out _)) Assert.Equal("gpu_no_driver", monitor.Absence?.Code);
    }

    [Fact]
    public void Read_OneCardBySpecification_TurnsItsNumbersIntoUnits()
    {
        var monitor = GpuMonitor.Open(new NvmlLibrary(OneCard));

        var reading = Assert.Single(monitor.Read());

        Assert.Null(monitor.Absence);
        var expected = new GpuReading(0, "NVIDIA GeForce RTX 4090", "GPU-01", UsedBytes: 21_000_000_000, TotalBytes: 25_757_220_864, 97, 63, 412.345, reading.At);
        Assert.Equal(expected, reading);
        Assert.Equal(4_757_220_864, reading.FreeBytes);
    }

    [Fact]
    public void Read_CardWithoutSensors_LeavesThemOut()
    {
        static nint Addresses(string name) => name switch
        {
            "nvmlDeviceGetUtilizationRates" => 0, // an old library without the call
            "nvmlDeviceGetPowerUsage" => (nint)(delegate* unmanaged[Cdecl]<nint, uint*, int>)&Refuse,
            _ => OneCard(name),
        };

        var reading = Assert.Single(GpuMonitor.Open(new NvmlLibrary(Addresses)).Read());

        Assert.Equal((null, null, 63), (reading.UtilizationPercent, reading.PowerWatts, reading.TemperatureCelsius));
    }

    [Fact]
    public void Open_DriverThatDoesNotStart_SaysItsReason()
    {
        static nint Addresses(string name) => name == "nvmlInit_v2" ? (nint)(delegate* unmanaged[Cdecl]<int>)&FailToStart : OneCard(name);

        var monitor = GpuMonitor.Open(new NvmlLibrary(Addresses));

        Assert.Equal(("gpu_driver_error", "The NVIDIA driver does not answer: Driver Not Loaded."), (monitor.Absence?.Code, monitor.Absence?.Message));
        Assert.Empty(monitor.Read());
    }

    [Fact]
    public void TextOf_CardIdentity_IsWrittenAsTheManagementLibraryWritesIt()
    {
        byte[] identity = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10];

        var text = CudaDriver.TextOf(identity);

        Assert.Equal("GPU-01234567-89ab-cdef-fedc-ba9876543210", text);
    }

    [Fact]
    public void CudaMemory_WithoutSuchACard_IsNull()
    {
        var memory = CudaMemory.Read(999);
        CudaMemory.ResetPeak(999);

        Assert.Null(memory);
    }

    [Fact]
    public void AllocatorTable_OfTheLoadedLibrary_IsTheOneTheCodeCalls()
    {
        Assert.True(CudaAllocator.LayoutIsKnown());
    }

    // What a driver would export, written byte by byte as nvml.h lays its structures out.
    private static nint OneCard(string name) => name switch
    {
        "nvmlInit_v2" => (nint)(delegate* unmanaged[Cdecl]<int>)&Start,
        "nvmlDeviceGetCount_v2" => (nint)(delegate* unmanaged[Cdecl]<uint*, int>)&Count,
        "nvmlDeviceGetHandleByIndex_v2" => (nint)(delegate* unmanaged[Cdecl]<uint, nint*, int>)&Handle,
        "nvmlDeviceGetName" => (nint)(delegate* unmanaged[Cdecl]<nint, byte*, uint, int>)&Name,
        "nvmlDeviceGetUUID" => (nint)(delegate* unmanaged[Cdecl]<nint, byte*, uint, int>)&Uuid,
        "nvmlDeviceGetMemoryInfo" => (nint)(delegate* unmanaged[Cdecl]<nint, byte*, int>)&Memory,
        "nvmlDeviceGetUtilizationRates" => (nint)(delegate* unmanaged[Cdecl]<nint, byte*, int>)&Rates,
        "nvmlDeviceGetTemperature" => (nint)(delegate* unmanaged[Cdecl]<nint, uint, uint*, int>)&Temperature,
        "nvmlDeviceGetPowerUsage" => (nint)(delegate* unmanaged[Cdecl]<nint, uint*, int>)&Power,
        "nvmlErrorString" => (nint)(delegate* unmanaged[Cdecl]<int, byte*>)&ErrorText,
        _ => 0,
    };

    private static readonly nint DriverText = Marshal.StringToCoTaskMemUTF8("Driver Not Loaded");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Start() => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FailToStart() => DriverNotLoaded;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Refuse(nint device, uint* value) => NotSupported;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* ErrorText(int code) => code == DriverNotLoaded ? (byte*)DriverText : null;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Count(uint* count)
    {
        *count = 1;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Handle(uint index, nint* device)
    {
        *device = 0x7000 + (nint)index;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Name(nint device, byte* text, uint length) => Write("NVIDIA GeForce RTX 4090", text, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Uuid(nint device, byte* text, uint length) => Write("GPU-01", text, length);

    // unsigned long long total, free, used.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Memory(nint device, byte* memory)
    {
        (((ulong*)memory)[0], ((ulong*)memory)[1], ((ulong*)memory)[2]) = (25_757_220_864, 4_757_220_864, 21_000_000_000);
        return 0;
    }

    // unsigned int gpu, memory.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Rates(nint device, byte* rates)
    {
        (((uint*)rates)[0], ((uint*)rates)[1]) = (97, 41);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Temperature(nint device, uint sensor, uint* degrees)
    {
        *degrees = sensor == 0 ? 63u : 0;
        return 0;
    }

    // Milliwatts.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Power(nint device, uint* milliwatts)
    {
        *milliwatts = 412_345;
        return 0;
    }

    private static int Write(string value, byte* text, uint length)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(value + '\0');
        if (bytes.Length > length) return 7; // NVML_ERROR_INSUFFICIENT_SIZE
        bytes.CopyTo(new Span<byte>(text, (int)length));
        return 0;
    }
}
