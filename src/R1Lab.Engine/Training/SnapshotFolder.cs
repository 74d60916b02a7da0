using System.Globalization;

namespace R1Lab.Engine.Training;

/// <summary>A snapshot of a run as it lies on disk; whether it is whole is looked at when a run goes on from it.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Folder">Its full path.</param>
/// <param name="Bytes">Size of its files.</param>
public sealed record SnapshotFolder(int Step, string Folder, long Bytes, DateTimeOffset WrittenAt)
{
    private const string Prefix = "step-";

    /// <summary>Those of a run, newest first; empty where there are none.</summary>
    /// <param name="runFolder">The run's output folder.</param>
    public static IReadOnlyList<SnapshotFolder> In(string runFolder)
    {
        var snapshots = new DirectoryInfo(Path.Combine(runFolder, "snapshots"));
        if (!snapshots.Exists) return [];

        return [.. snapshots.EnumerateDirectories(Prefix + "*").Select(Read).OfType<SnapshotFolder>().OrderByDescending(snapshot => snapshot.Step)];
    }

    /// <summary>Null for a folder that is something else, or that was deleted while it was looked at.</summary>
    private static SnapshotFolder? Read(DirectoryInfo folder)
    {
        if (!int.TryParse(folder.Name[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step)) return null;

        try
        {
            return new(step, folder.FullName, folder.EnumerateFiles().Sum(file => file.Length), new(folder.LastWriteTimeUtc, TimeSpan.Zero));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
