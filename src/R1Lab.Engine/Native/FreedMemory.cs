using System.Runtime.InteropServices;

namespace R1Lab.Engine.Native;

/// <summary>
/// Gives memory that tensors no longer use back to the system. The C heap of Linux (glibc) keeps a heap for each thread that ever computed,
/// and returns only what lies at the end of one, so a program that trains and answers for weeks would keep its largest use of every thread.
/// </summary>
public static partial class FreedMemory
{
    /// <summary>Takes milliseconds, for the whole process; does nothing on systems with another C library.</summary>
    public static void GiveBack()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = malloc_trim(0); // malloc_trim(3)
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, with a heap of its own ways.
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
