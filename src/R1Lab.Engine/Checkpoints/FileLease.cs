using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// A read lease on an open file (<c>fcntl(2)</c>, F_SETLEASE): while it is held, Linux lets no one cut the file or open it for writing. Who wants to waits until
/// the lease is given back, at most for the seconds in <c>/proc/sys/fs/lease-break-time</c>. Windows refuses to cut a mapped file by itself.
/// </summary>
internal static partial class FileLease
{
    private const int SetSignal = 10; // F_SETSIG
    private const int SetLease = 1024; // F_SETLEASE
    private const int GetLease = 1025; // F_GETLEASE
    private const int Read = 0; // F_RDLCK
    private const int None = 2; // F_UNLCK

    // The kernel announces a waiting writer by SIGIO, which ends a process that does not handle it. SIGURG is ignored unless it is handled: the lease is polled.
    private const int IgnoredSignal = 23;

    /// <summary>False where the file is open for writing, belongs to another user, or lies on a file system without leases.</summary>
    public static bool TryTake(SafeFileHandle file) => OperatingSystem.IsWindows()
        || (OperatingSystem.IsLinux() && fcntl(file, SetSignal, IgnoredSignal) == 0 && fcntl(file, SetLease, Read) == 0);

    /// <summary>Whether somebody waits for the lease to be given back.</summary>
    public static bool IsWanted(SafeFileHandle file) => OperatingSystem.IsLinux() && fcntl(file, GetLease, 0) != Read;

    public static void GiveBack(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux()) _ = fcntl(file, SetLease, None);
    }

    [LibraryImport("libc")]
    private static partial int fcntl(SafeFileHandle file, int command, nint argument);
}
