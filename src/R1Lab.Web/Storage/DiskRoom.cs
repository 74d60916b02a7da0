namespace R1Lab.Web.Storage;

/// <summary>Room on the disk of a folder.</summary>
public static class DiskRoom
{
    /// <summary>Bytes that stay free for the database and snapshots; with less the lab is not ready.</summary>
    public const long Reserve = 256L * 1024 * 1024;

    private const int SmallDiskShare = 20;

    public static long FreeBytes(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>What files may take: all but the reserve, or a twentieth of a disk that is small.</summary>
    public static long ForFiles(string folder)
    {
        var disk = new DriveInfo(folder);
        return disk.AvailableFreeSpace - Math.Min(Reserve, disk.TotalSize / SmallDiskShare);
    }
}
