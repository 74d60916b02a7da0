using System.Runtime.InteropServices;

namespace R1Lab.Engine.Native;

/// <summary>
/// Loads a native library with every symbol bound at once. .NET loads lazily: what a libtorch of another release lacks would end the process in the
/// middle of some later call, with no exception.
/// </summary>
internal static partial class BoundLibrary
{
    private const int Now = 2; // RTLD_NOW

    /// <param name="path">Absolute.</param>
    /// <returns>Null when it is loaded, else the loader's own reason.</returns>
    public static string? Load(string path)
    {
        if (!OperatingSystem.IsLinux()) return NativeLibrary.TryLoad(path, out _) ? null : $"{path} does not load";
        _ = dlerror();
        return dlopen(path, Now) != 0 ? null : Marshal.PtrToStringUTF8(dlerror()) ?? $"{path} does not load";
    }

    // Part of libc since glibc 2.34, which keeps the old name.
    [LibraryImport("libdl.so.2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint dlopen(string path, int flags);

    [LibraryImport("libdl.so.2")]
    private static partial nint dlerror();
}
