using R1Lab.Engine.Checkpoints;

namespace R1Lab.Web.Training;

/// <summary>Room that a run wanted on the disk of its folder, and the room there was.</summary>
public sealed record DiskNeed(string Folder, long NeededBytes, long FreeBytes)
{
    /// <param name="error">What the system said; it knows both numbers where the writer looked first.</param>
    /// <param name="output">The run's folder.</param>
    public static DiskNeed Of(Exception error, string output) => error is NotEnoughSpaceException { NeededBytes: > 0 } known
        ? new(output, known.NeededBytes, known.FreeBytes)
        : new(output, NextSnapshot(output), DurableFile.FreeBytes(output));

    /// <summary>The next snapshot is as large as the last one; 0 before the first.</summary>
    private static long NextSnapshot(string output)
    {
        var snapshots = new DirectoryInfo(Path.Combine(output, "snapshots"));
        if (!snapshots.Exists) return 0;

        var newest = snapshots.EnumerateDirectories("step-*").MaxBy(folder => folder.Name, StringComparer.Ordinal);
        return newest?.EnumerateFiles().Sum(file => file.Length) ?? 0;
    }
}
