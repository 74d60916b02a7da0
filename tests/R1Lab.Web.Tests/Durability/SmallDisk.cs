using System.Diagnostics;

namespace R1Lab.Web.Tests.Durability;

/// <summary>A disk of a few megabytes, in memory. Mounting needs root; the test is skipped, and says so, where it is refused.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private SmallDisk() { }

    public string Path => _folder.Path;

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    public static SmallDisk Mount(int megabytes)
    {
        var disk = new SmallDisk();
        if (OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Path) is null) return disk;

        disk._folder.Dispose();
        Assert.Skip("A small disk can be mounted by root only.");
        return disk;
    }

    /// <summary>Fills the disk until so many bytes are left.</summary>
    public void Fill(long leave)
    {
        using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1);
        try
        {
            while (new DriveInfo(Path).AvailableFreeSpace - leave is > 0 and var free) file.Write(new byte[Math.Clamp(free, 4096, 1 << 20)]);
        }
        catch (IOException) when (leave == 0)
        {
            // Somebody else took the last page.
        }
    }

    public void Free() => File.Delete(Ballast);

    /// <summary>As a file system becomes after an error. Needs every file closed.</summary>
    public void MakeReadOnly() => Assert.Null(Run("mount", "-o", "remount,ro", Path));

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        _folder.Dispose();
    }

    /// <returns>Null when the command did its work, else what it said.</returns>
    private static string? Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : said;
    }
}
