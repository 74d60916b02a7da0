using System.Runtime.InteropServices;

namespace R1Lab.Engine.Devices;

/// <summary>
/// The CUDA driver itself: for running kernels of our own, and for two things asked of it, how much memory a card has, and which card of the management
/// library it is. The numbers differ: <c>CUDA_VISIBLE_DEVICES</c> hides and reorders cards for one, not for the other.
/// </summary>
internal static unsafe class CudaDriver
{
    private static readonly Lazy<nint> Library = new(() =>
        NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var library) && Start(library) ? library : 0);

    /// <summary>Identity and memory of a card as this process numbers them; null without a driver or such a card.</summary>
    public static (string Uuid, long TotalBytes)? Card(int index)
    {
        if (Library.Value == 0) return null;
        var get = (delegate* unmanaged[Cdecl]<int*, int, int>)Export("cuDeviceGet");
        var total = (delegate* unmanaged[Cdecl]<nuint*, int, int>)Export("cuDeviceTotalMem_v2");
        var identify = (delegate* unmanaged[Cdecl]<byte*, int, int>)(Export("cuDeviceGetUuid_v2") is var newer and not 0 ? newer : Export("cuDeviceGetUuid"));
        int device;
        nuint bytes;
        var uuid = stackalloc byte[16];
        if (get == null || total == null || identify == null) return null;
        if (get(&device, index) != 0 || total(&bytes, device) != 0 || identify(uuid, device) != 0) return null;
        return (TextOf(new ReadOnlySpan<byte>(uuid, 16)), (long)bytes);
    }

    /// <summary>The address of one of the driver's functions; 0 without a driver, or in one that lacks it.</summary>
    public static nint Export(string name) => Library.Value != 0 && NativeLibrary.TryGetExport(Library.Value, name, out var address) ? address : 0;

    /// <summary>As the management library writes it.</summary>
    internal static string TextOf(ReadOnlySpan<byte> uuid)
    {
        var hex = Convert.ToHexStringLower(uuid);
        return $"GPU-{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
    }

    private static bool Start(nint library) =>
        NativeLibrary.TryGetExport(library, "cuInit", out var start) && ((delegate* unmanaged[Cdecl]<uint, int>)start)(0) == 0;
}
