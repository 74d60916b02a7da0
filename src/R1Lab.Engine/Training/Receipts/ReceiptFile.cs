using System.Security.Cryptography;

namespace R1Lab.Engine.Training.Receipts;

/// <summary>A file by its content.</summary>
/// <param name="Path">Below the run's output folder, with forward slashes.</param>
public sealed record ReceiptFile(string Path, long Bytes, string Sha256)
{
    /// <summary>Every file below a folder, by name.</summary>
    /// <param name="root">The run's output folder.</param>
    /// <param name="folder">The result's folder, in <paramref name="root"/>; one that is not there has no files.</param>
    public static IReadOnlyList<ReceiptFile> Below(string root, string folder) => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Of(root, path)).OrderBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>The snapshots of a run, each by its manifest.</summary>
    public static IReadOnlyList<ReceiptFile> Snapshots(string root)
    {
        var snapshots = System.IO.Path.Combine(root, "snapshots");
        return !Directory.Exists(snapshots) ? [] :
            [.. Directory.EnumerateFiles(snapshots, "manifest.json", SearchOption.AllDirectories).Select(path => Of(root, path)).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static ReceiptFile Of(string root, string path)
    {
        using var stream = File.OpenRead(path);
        return new ReceiptFile(System.IO.Path.GetRelativePath(root, path).Replace('\\', '/'), stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
