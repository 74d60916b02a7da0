using System.Runtime.InteropServices;
using R1Lab.Web.Options;

namespace R1Lab.Web.Storage;

/// <summary>
/// Keeps what the lab stores from other users of the machine: new files are created for the owner only, and what an earlier version or
/// an unpacked backup left readable is tightened. Windows has no modes; there the folder's own access list decides.
/// </summary>
public static partial class PrivateFiles
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private const uint OthersMask = 63; // octal 077
    private const int Writable = 2;     // W_OK

    // Entries of the data folder that the lab writes. A user may keep other things there, which the folder's own mode protects.
    private static readonly string[] OwnFolders = ["https", "keys", "runs", "uploads"];

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>From now on this process creates files with mode 0600 and folders with 0700 at most. Call before anything is written.</summary>
    public static void HideNewFiles()
    {
        if (!OperatingSystem.IsWindows()) _ = umask(OthersMask);
    }

    /// <summary>Creates the data folder, or takes other users' rights from the one that exists.</summary>
    /// <exception cref="IOException">The folder is shared by design, or its mode cannot be changed.</exception>
    public static void Prepare(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        var info = new DirectoryInfo(folder);
        if (!info.Exists)
        {
            Directory.CreateDirectory(folder, Owner);
            return;
        }

        var place = Resolved(info);
        if (place.Parent is null || (place.UnixFileMode.HasFlag(UnixFileMode.StickyBit) && HoldsOthers(place)))
            throw new IOException($"Lab:DataFolder names {folder}, which is shared with other programs. Give the lab a folder of its own.");
        Tighten(place);
    }

    /// <summary>Takes other users' rights from everything that the lab wrote earlier. Links inside its folders are not followed.</summary>
    /// <exception cref="IOException">The mode of something cannot be changed.</exception>
    public static void TightenContents(LabOptions lab)
    {
        if (OperatingSystem.IsWindows()) return;
        var folder = new DirectoryInfo(lab.DataFolder);
        foreach (var file in folder.EnumerateFiles($"{LabOptions.DatabaseName}*", Everything).Concat(folder.EnumerateFiles(FolderLock.FileName, Everything))) Tighten(file);
        foreach (var name in OwnFolders)
        {
            var own = new DirectoryInfo(Path.Combine(lab.DataFolder, name));
            if (own.Exists) TightenTree(Resolved(own));
        }
    }

    /// <summary>Whether this process may write there now; also false on a file system that became read-only.</summary>
    public static bool CanWrite(string path) => OperatingSystem.IsWindows() || access(path, Writable) == 0;

    // Everyone may write into a new memory disk, too; that is shared only when somebody else does.
    private static bool HoldsOthers(DirectoryInfo folder) => folder.EnumerateFileSystemInfos("*", Everything).Any(entry =>
        !OwnFolders.Contains(entry.Name) && entry.Name is not (FolderLock.FileName or "lost+found")
        && !entry.Name.StartsWith(LabOptions.DatabaseName, StringComparison.Ordinal));

    private static void TightenTree(DirectoryInfo folder)
    {
        Tighten(folder);
        foreach (var entry in folder.EnumerateFileSystemInfos("*", Everything))
        {
            if (entry.LinkTarget is not null) continue;
            if (entry is DirectoryInfo child) TightenTree(child);
            else Tighten(entry);
        }
    }

    private static DirectoryInfo Resolved(DirectoryInfo folder) => folder.ResolveLinkTarget(returnFinalTarget: true) as DirectoryInfo ?? folder;

    private static void Tighten(FileSystemInfo entry)
    {
        if (OperatingSystem.IsWindows() || entry.LinkTarget is not null || (entry.UnixFileMode & Others) == 0) return;
        var before = entry.UnixFileMode;
        try
        {
            entry.UnixFileMode = before & ~Others;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw Refusal(entry, before);
        }

        entry.Refresh();
        if (entry.Exists && (entry.UnixFileMode & Others) != 0) throw Refusal(entry, before);
    }

    private static IOException Refusal(FileSystemInfo entry, UnixFileMode mode) => new(
        $"Other users of this machine can read {entry.FullName} (mode {Convert.ToString((int)mode, 8)}), and the mode cannot be changed. " +
        $"Let its owner run chmod -R go= {entry.FullName}, or choose a Lab:DataFolder on a file system that keeps modes.");

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);
}
