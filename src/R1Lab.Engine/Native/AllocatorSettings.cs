using System.Runtime.InteropServices;

namespace R1Lab.Engine.Native;

/// <summary>
/// Settings that libtorch reads by native <c>getenv</c> while it loads. <see cref="Environment.SetEnvironmentVariable(string, string)"/>
/// changes only .NET's own copy of the environment, so libc is called directly.
/// </summary>
internal static partial class AllocatorSettings
{
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux()) return;
        // Growing segments in place instead of caching many sizes keeps fragmentation low when sequence lengths vary. Not overwritten when the user set it.
        _ = setenv("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True", 0);
        // What cuBLAS asks for to give the same bits every time; libtorch warns at every product when deterministic algorithms are on without it.
        _ = setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
