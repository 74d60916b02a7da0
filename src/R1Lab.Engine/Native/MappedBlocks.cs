using System.Runtime.InteropServices;

namespace R1Lab.Engine.Native;

/// <summary>
/// While it lives, the C heap of Linux (glibc) maps every block from a size up for itself and gives it back at once, instead of keeping it in
/// pieces that fit nothing else. For the whole process; on other systems nothing changes.
/// </summary>
internal sealed partial class MappedBlocks : IDisposable
{
    private const int MmapThreshold = -3; // M_MMAP_THRESHOLD, mallopt(3)
    private const int Highest = 32 << 20; // where glibc's own, moving threshold ends up while large tensors come and go

    /// <param name="bytes">The least size of a mapped block; 32 MB at most.</param>
    public MappedBlocks(int bytes) => Set(bytes);

    public void Dispose() => Set(Highest);

    private static void Set(int bytes)
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = mallopt(MmapThreshold, bytes);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, with a heap of its own ways.
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
