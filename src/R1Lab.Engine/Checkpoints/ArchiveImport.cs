using System.Formats.Tar;
using System.IO.Compression;

namespace R1Lab.Engine.Checkpoints;

/// <summary>What an archive may hold at most.</summary>
public sealed record ArchiveLimits
{
    public int MaxFiles { get; init; } = 10_000;

    /// <summary>Bytes of all files together once unpacked.</summary>
    public long MaxBytes { get; init; } = 1L << 40;

    /// <summary>Unpacked bytes for each byte of the archive, once more than <see cref="FreeBytes"/> are unpacked. Text packs 20 to 1, a bomb 1,000 to 1 and more.</summary>
    public long MaxRatio { get; init; } = 200;

    /// <summary>Bytes to which <see cref="MaxRatio"/> does not apply.</summary>
    public long FreeBytes { get; init; } = 16 << 20;
}

/// <summary>
/// Unpacks a model, adapter or dataset archive (.zip, .tar, .tar.gz, .tgz). Every name is checked before the first byte is written; sizes are counted while
/// writing, whatever the archive says; the target folder appears whole or not at all.
/// </summary>
public static class ArchiveImport
{
    private static readonly string[] Extensions = [".zip", ".tar", ".tar.gz", ".tgz"];

    public static bool IsArchive(string path) => Extensions.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>Unpacks an archive.</summary>
    /// <param name="archive">Path of the archive; its extension says its kind.</param>
    /// <param name="targetFolder">A folder that does not exist yet, or is replaced as a whole.</param>
    /// <param name="limits">Null takes the defaults.</param>
    /// <returns>The unpacked files, relative to the folder, with forward slashes.</returns>
    /// <exception cref="BadInputException">The archive is broken, too large, or holds an entry that must not be unpacked; nothing was left behind.</exception>
    public static IReadOnlyList<string> Extract(string archive, string targetFolder, ArchiveLimits? limits = null)
    {
        if (!IsArchive(archive)) throw new BadInputException(archive, null, "archive_unknown", $"this kind of archive is not known; known: .zip, .tar, .tar.gz, .tgz");
        if (!File.Exists(archive)) throw new BadInputException(archive, null, "file_absent", $"the file does not exist");
        var plan = new ArchivePlan(archive, limits ?? new ArchiveLimits(), new FileInfo(archive).Length);
        Guard(archive, () => Survey(archive, plan));
        DurableFile.RequireSpace(Path.GetDirectoryName(Path.GetFullPath(targetFolder))!, plan.DeclaredBytes);
        Guard(archive, () => DurableFolder.Write(targetFolder, folder => Unpack(archive, plan, folder)));
        return plan.Files;
    }

    private static bool IsZip(string archive) => archive.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);

    private static void Survey(string archive, ArchivePlan plan)
    {
        if (IsZip(archive))
        {
            ZipDirectory.Check(archive);
            using var zip = ZipFile.OpenRead(archive);
            foreach (var entry in zip.Entries) plan.Add(ZipEntryRules.Describe(archive, entry));
            plan.CheckRatio(plan.DeclaredBytes);
            return;
        }

        using var tar = OpenTar(archive);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes) continue;
            plan.Add(DescribeTar(archive, entry));
            plan.CheckRatio(plan.DeclaredBytes); // a packed tar is unpacked while it is surveyed: stop as soon as it is a bomb
        }
    }

    private static void Unpack(string archive, ArchivePlan plan, string folder)
    {
        if (IsZip(archive))
        {
            using var zip = ZipFile.OpenRead(archive);
            foreach (var entry in zip.Entries)
            {
                using var bytes = entry.Open();
                plan.Write(folder, entry.FullName, ZipEntryRules.IsFolder(entry) ? null : bytes, entry.Length, entry.Crc32);
            }

            return;
        }

        using var tar = OpenTar(archive);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes) continue;
            var isFolder = entry.EntryType is TarEntryType.Directory;
            plan.Write(folder, entry.Name, isFolder ? null : entry.DataStream ?? Stream.Null, entry.Length, null);
        }
    }

    private static TarReader OpenTar(string archive)
    {
        Stream stream = File.OpenRead(archive);
        if (!archive.EndsWith(".tar", StringComparison.OrdinalIgnoreCase)) stream = new GZipStream(stream, CompressionMode.Decompress);
        return new TarReader(stream, leaveOpen: false);
    }

    private static ArchiveEntry DescribeTar(string archive, TarEntry entry) => entry.EntryType switch
    {
        TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile => new ArchiveEntry(entry.Name, false, entry.Length),
        TarEntryType.Directory => new ArchiveEntry(entry.Name, true, 0),
        var kind => throw new BadInputException(archive, $"entry {entry.Name}", "archive_entry_kind", $"is a {kind}: only plain files and folders are unpacked"),
    };

    private static void Guard(string archive, Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw new BadInputException(archive, null, "archive_broken", $"the archive is broken: {e.Message}");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BadInputException(archive, null, "archive_unreadable", $"the archive cannot be unpacked: {e.Message}");
        }
    }
}
