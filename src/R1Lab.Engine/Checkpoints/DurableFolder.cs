using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Makes a whole folder appear at once: fill <see cref="TemporaryBeside"/>, then <see cref="Publish"/> it. .NET cannot fsync a folder, so libc is called.
/// </summary>
public static partial class DurableFolder
{
    private const int OpenReadOnlyFolder = 0x80000;  // O_RDONLY | O_CLOEXEC on Linux
    private const int CurrentFolder = -100;          // AT_FDCWD
    private const uint Exchange = 2;                 // RENAME_EXCHANGE

    /// <summary>A new empty folder beside <paramref name="target"/> (same disk, so that renaming is atomic), with a name <see cref="Sweep"/> knows.</summary>
    public static string TemporaryBeside(string target)
    {
        var folder = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(target))}.{Guid.NewGuid():N}{DurableFile.TemporarySuffix}";
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>
    /// Flushes everything in <paramref name="temporary"/>, then renames it to <paramref name="target"/>. A folder already there is exchanged in one step and deleted
    /// afterwards: at every moment <paramref name="target"/> is the whole old folder or the whole new one.
    /// </summary>
    public static void Publish(string temporary, string target)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        FlushTree(temporary);
        if (Directory.Exists(full))
        {
            Swap(temporary, full);
            Flush(Path.GetDirectoryName(full)!);
            Directory.Delete(temporary, recursive: true);
        }
        else
        {
            Directory.Move(temporary, full);
            Flush(Path.GetDirectoryName(full)!);
        }
    }

    /// <summary>Fills a folder and makes it appear at once; on failure nothing of it stays.</summary>
    public static void Write(string target, Action<string> fill)
    {
        var temporary = TemporaryBeside(target);
        try
        {
            fill(temporary);
            Publish(temporary, target);
        }
        catch
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>Deletes what a killed process left half written in <paramref name="parent"/>.</summary>
    public static void Sweep(string parent)
    {
        if (!Directory.Exists(parent)) return;
        foreach (var folder in Directory.GetDirectories(parent, $"*{DurableFile.TemporarySuffix}")) Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.GetFiles(parent, $"*{DurableFile.TemporarySuffix}")) File.Delete(file);
    }

    /// <summary>
    /// Deletes what killed processes left half written anywhere below <paramref name="root"/>: unpacked archives, adapters, downloads. Only for a
    /// folder in which no one else writes at that moment. Links are not followed, and what cannot be deleted stays.
    /// </summary>
    /// <returns>How many files and folders went.</returns>
    public static int SweepTree(string root)
    {
        if (!Directory.Exists(root)) return 0;
        var below = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        return Directory.EnumerateFileSystemEntries(root, $"*{DurableFile.TemporarySuffix}", below).ToList().Count(TryDelete);
    }

    private static bool TryDelete(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else if (File.Exists(path)) File.Delete(path);
            else return false; // it lay in a folder that is gone
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Flushes every file and folder below, then the folder itself.</summary>
    public static void FlushTree(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 1);
            stream.Flush(flushToDisk: true);
        }

        foreach (var child in Directory.EnumerateDirectories(folder)) FlushTree(child);
        Flush(folder);
    }

    /// <summary>Makes the names in a folder (new, renamed, deleted files) durable. Windows does this by itself.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = open(folder, OperatingSystem.IsLinux() ? OpenReadOnlyFolder : 0);
        if (descriptor < 0) throw Failed(folder, "open");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (fsync(descriptor) != 0) throw Failed(folder, "fsync");
    }

    private static void Swap(string temporary, string target)
    {
        if (OperatingSystem.IsLinux() && renameat2(CurrentFolder, temporary, CurrentFolder, target, Exchange) == 0) return;
        // A file system without the exchange call: two renames. A crash between them leaves the old folder under its aside name.
        var aside = $"{target}.old{DurableFile.TemporarySuffix}";
        Directory.Move(target, aside);
        Directory.Move(temporary, target);
        Directory.Move(aside, temporary);
    }

    private static IOException Failed(string folder, string call) =>
        new($"{folder}: {call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
