using System.IO.Compression;

namespace R1Lab.Engine.Checkpoints;

/// <summary>What a zip entry is, from the bits its maker left.</summary>
internal static class ZipEntryRules
{
    private const int UnixKindMask = 0xF000;
    private const int UnixRegular = 0x8000;
    private const int UnixFolder = 0x4000;

    public static bool IsFolder(ZipArchiveEntry entry) => entry.FullName.EndsWith('/') || entry.FullName.EndsWith('\\');

    /// <exception cref="BadInputException">The entry is a link or device, or is encrypted.</exception>
    public static ArchiveEntry Describe(string archive, ZipArchiveEntry entry)
    {
        var kind = entry.ExternalAttributes >> 16 & UnixKindMask;
        if (kind is not (0 or UnixRegular or UnixFolder)) throw new BadInputException(archive, $"entry {entry.FullName}", "archive_entry_link", $"is a link or device: only plain files and folders are unpacked");
        if (entry.IsEncrypted) throw new BadInputException(archive, $"entry {entry.FullName}", "archive_encrypted", $"is encrypted: give the archive without a password");
        return new ArchiveEntry(entry.FullName, IsFolder(entry), entry.Length);
    }
}
