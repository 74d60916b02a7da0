using System.Runtime.InteropServices;
using TorchSharp;

namespace R1Lab.Engine.Native;

/// <summary>
/// Statistics of libtorch's caching allocator for CUDA. No exported function gives them: they are virtual functions of c10::DeviceAllocator, called
/// here by their place in its table (c10/core/CachingDeviceAllocator.h of 2.10 and 2.11). The table of the loaded library is compared first; where it
/// looks otherwise nothing is called.
/// </summary>
internal static unsafe class CudaAllocator
{
    // Itanium C++ ABI: offset to top, type information, then the functions.
    private const int TableHeader = 2;
    private const int IsSimple = 3;
    private const int Initialized = 6;
    private const int EmptyCache = 7;
    private const int GetDeviceStats = 9;
    private const int ResetPeakStats = 11;
    private const int GetMemoryInfo = 12;

    // DeviceStats: four arrays of counts, then allocated bytes, reserved bytes and three more; an array is three Stats (all, small, large pool) of four numbers.
    private const int NumbersOfArray = 3 * 4;
    private const int Allocated = 4 * NumbersOfArray;
    private const int Reserved = 5 * NumbersOfArray;
    private const int Shortfalls = (9 * NumbersOfArray) + 1; // num_ooms, behind all nine arrays and num_alloc_retries
    private const int StatisticsBytes = 4096; // well above sizeof(DeviceStats), about 1 KB

    private static readonly Version?[] KnownVersions = [new(2, 10), new(2, 11)];

    private static readonly Lazy<nint> Instance = new(Find);

    /// <summary>Bytes in tensors and bytes held, now and at most; null without a card, or before its first tensor.</summary>
    public static (long AllocatedBytes, long PeakAllocatedBytes, long ReservedBytes, long PeakReservedBytes)? Read(int index)
    {
        if (!IsReady(index)) return null;
        var buffer = stackalloc byte[StatisticsBytes];
        ((delegate* unmanaged[Cdecl]<byte*, nint, sbyte, byte*>)Function(GetDeviceStats))(buffer, Instance.Value, (sbyte)index);
        var numbers = (long*)buffer;
        var (allocated, peakAllocated, reserved, peakReserved) = (numbers[Allocated], numbers[Allocated + 1], numbers[Reserved], numbers[Reserved + 1]);
        var plausible = allocated >= 0 && allocated <= peakAllocated && reserved >= allocated && reserved <= peakReserved;
        return plausible ? (allocated, peakAllocated, reserved, peakReserved) : null;
    }

    /// <summary>How often a card could not give what was asked for, all cards and the whole life of the process together; 0 without one.</summary>
    public static long OutOfMemoryCount()
    {
        var count = 0L;
        var buffer = stackalloc byte[StatisticsBytes];
        for (var index = 0; IsReady(index); index++)
        {
            ((delegate* unmanaged[Cdecl]<byte*, nint, sbyte, byte*>)Function(GetDeviceStats))(buffer, Instance.Value, (sbyte)index);
            count += ((long*)buffer)[Shortfalls];
        }

        return count;
    }

    public static void ResetPeak(int index)
    {
        if (IsReady(index)) ((delegate* unmanaged[Cdecl]<nint, sbyte, void>)Function(ResetPeakStats))(Instance.Value, (sbyte)index);
    }

    /// <summary>Gives memory no tensor uses back to the driver.</summary>
    public static void ReleaseUnused()
    {
        // emptyCache(MempoolId_t): a pair of two zeros is the default pool.
        if (IsReady(0)) ((delegate* unmanaged[Cdecl]<nint, ulong, ulong, void>)Function(EmptyCache))(Instance.Value, 0, 0);
    }

    /// <summary>Whether the loaded library's table is the one these places are for.</summary>
    internal static bool LayoutIsKnown()
    {
        if (!OperatingSystem.IsLinux() || !KnownVersions.Contains(LibTorch.FoundVersion) || LibTorch.Library("c10") is not { } c10) return false;
        if (!NativeLibrary.TryGetExport(c10, "_ZTVN3c1015DeviceAllocatorE", out var symbol)) return false;
        if (!NativeLibrary.TryGetExport(c10, "_ZNK3c109Allocator18is_simple_data_ptrERKNS_7DataPtrE", out var isSimple)) return false;
        var table = (nint*)symbol + TableHeader;
        var pure = table[Initialized];
        for (var slot = Initialized; slot <= ResetPeakStats; slot++)
        {
            if (table[slot] != pure) return false; // all six are pure virtual in the base
        }

        return table[IsSimple] == isSimple && table[GetMemoryInfo] != pure && table[GetMemoryInfo] != 0;
    }

    private static nint Find()
    {
        if (!torch.cuda.is_available() || !LayoutIsKnown() || LibTorch.Library("c10") is not { } c10) return 0;
        if (!NativeLibrary.TryGetExport(c10, "_ZN3c1012GetAllocatorERKNS_10DeviceTypeE", out var get)) return 0;
        var cuda = (sbyte)DeviceType.CUDA;
        return ((delegate* unmanaged[Cdecl]<sbyte*, nint>)get)(&cuda);
    }

    // Asked of an allocator that was not started, or for a card it does not know, the functions would throw through this call and end the process.
    private static bool IsReady(int index) => LibTorch.IsAvailable && Instance.Value != 0 && index >= 0 && index < torch.cuda.device_count()
        && ((delegate* unmanaged[Cdecl]<nint, byte>)Function(Initialized))(Instance.Value) != 0;

    private static nint Function(int slot) => (*(nint**)Instance.Value)[slot];
}
