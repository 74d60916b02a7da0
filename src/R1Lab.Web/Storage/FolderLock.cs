using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace R1Lab.Web.Storage;

/// <summary>
/// One process works in a data folder: two would train the same run. The lock is the operating system's and ends with the process,
/// however it ends; the text in the file says who holds it. Commands that only read, such as a backup, do not take it.
/// </summary>
public sealed partial class FolderLock(TimeProvider time) : IDisposable
{
    public const string FileName = "lab.lock";

    private const int WouldBlockLinux = 11;                            // EWOULDBLOCK
    private const int WouldBlockMac = 35;                              // EWOULDBLOCK
    private const int SharingViolation = unchecked((int)0x80070020);   // ERROR_SHARING_VIOLATION
    private const int CloseOnExecute = 0x80000;                        // O_RDONLY | O_CLOEXEC on Linux
    private const int LongestText = 4096;

    private readonly DateTimeOffset _started = time.GetUtcNow();
    private FileStream? _file;

    /// <exception cref="FolderInUseException">Another process works in the folder.</exception>
    public void Acquire(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            // Windows locks are mandatory: sharing for reading lets the next process read who holds it, and still keeps it from writing.
            var sharing = OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None;
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, sharing, bufferSize: 1);
        }
        catch (IOException e) when (e.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation)
        {
            throw new FolderInUseException(folder, Read(path));
        }

        Describe([]);
    }

    /// <summary>Writes who holds the lock: process, machine, start and, once known, where it listens.</summary>
    public void Describe(IEnumerable<string> addresses)
    {
        if (_file is null) return;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"pid {Environment.ProcessId}\nmachine {Environment.MachineName}\nstarted {_started:yyyy-MM-dd HH:mm:ss}Z\naddress {string.Join(' ', addresses)}\n");
        _file.SetLength(0);
        _file.Write(Encoding.UTF8.GetBytes(text));
        _file.Flush();
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    // .NET asks for a lock of its own when it opens a file, which the holder's lock refuses; a plain open does not.
    private static string Read(string path)
    {
        using var handle = OperatingSystem.IsWindows()
            ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
            : new SafeFileHandle(open(path, OperatingSystem.IsLinux() ? CloseOnExecute : 0), ownsHandle: true);
        if (handle.IsInvalid) return "";
        var bytes = new byte[LongestText];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(handle, bytes, 0));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
