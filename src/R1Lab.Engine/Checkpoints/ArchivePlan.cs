using System.Buffers;

namespace R1Lab.Engine.Checkpoints;

/// <summary>One entry as an archive describes it.</summary>
internal sealed record ArchiveEntry(string Name, bool IsFolder, long Bytes);

/// <summary>The entries of one archive, checked; then the only way to write them.</summary>
internal sealed class ArchivePlan(string archive, ArchiveLimits limits, long archiveBytes)
{
    private readonly HashSet<string> _files = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _folders = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _names = [];
    private long _written;

    public long DeclaredBytes { get; private set; }

    public IReadOnlyList<string> Files => _names;

    /// <exception cref="BadInputException">The entry would leave the folder, collides with another, or is one too many.</exception>
    public void Add(ArchiveEntry entry)
    {
        var parts = Parts(entry.Name);
        if (_files.Count + _folders.Count >= limits.MaxFiles) throw new BadInputException(archive, null, "archive_files", $"the archive holds more than {limits.MaxFiles} files");
        for (var i = 1; i < parts.Length; i++) AddFolder(entry.Name, string.Join('/', parts[..i]));
        var name = string.Join('/', parts);
        if (entry.IsFolder)
        {
            if (name.Length > 0) AddFolder(entry.Name, name);
            return;
        }

        if (name.Length == 0) throw Bad(entry.Name, "archive_no_name", $"has no name");
        if (_folders.Contains(name)) throw Bad(entry.Name, "archive_file_folder", $"is a file and a folder at once");
        if (!_files.Add(name)) throw Bad(entry.Name, "archive_twice", $"duplicate: the archive holds it twice");
        _names.Add(name);
        DeclaredBytes = entry.Bytes < 0 || entry.Bytes > limits.MaxBytes - DeclaredBytes
            ? throw Bad(entry.Name, "archive_large", $"unpacked, the archive would be larger than {limits.MaxBytes} bytes")
            : DeclaredBytes + entry.Bytes;
    }

    /// <exception cref="BadInputException">The archive unpacks to far more than it is.</exception>
    public void CheckRatio(long bytes)
    {
        if (bytes > limits.FreeBytes && bytes / limits.MaxRatio > archiveBytes)
            throw new BadInputException(archive, null, "archive_bomb", $"{archiveBytes} bytes would unpack to {bytes} or more: this looks like a decompression bomb");
    }

    /// <summary>Writes one entry; never more bytes than it declared.</summary>
    public void Write(string folder, string name, Stream? bytes, long declared, uint? crc)
    {
        var target = Path.Combine([folder, .. Parts(name)]);
        if (bytes is null)
        {
            Directory.CreateDirectory(target);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
        var sum = Copy(name, bytes, file, declared);
        if (crc is { } expected && sum != expected) throw Bad(name, "archive_checksum", $"is damaged: its checksum does not fit");
    }

    private uint Copy(string name, Stream from, FileStream to, long declared)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            var sum = Crc32.Start;
            var copied = 0L;
            for (int read; (read = from.Read(buffer)) > 0;)
            {
                copied += read;
                _written += read;
                if (copied > declared) throw Bad(name, "archive_more", $"holds more than the {declared} bytes it declares");
                CheckRatio(_written);
                sum = Crc32.Add(sum, buffer.AsSpan(0, read));
                to.Write(buffer, 0, read);
            }

            if (copied < declared) throw Bad(name, "archive_cut", $"is cut off: {copied} of {declared} bytes are there");
            return Crc32.End(sum);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void AddFolder(string entry, string name)
    {
        if (_files.Contains(name)) throw Bad(entry, "archive_file_folder", $"is a file and a folder at once");
        if (_folders.Add(name) && _folders.Count > limits.MaxFiles) throw new BadInputException(archive, null, "archive_folders", $"the archive holds more than {limits.MaxFiles} folders");
    }

    // Rules of every system at once, so that an archive good on one machine is good on all: no way up, no root, no drive, no stream, no control character.
    private string[] Parts(string name)
    {
        var plain = name.Replace('\\', '/');
        if (plain.StartsWith('/') || plain.Length > 1 && plain[1] == ':') throw Bad(name, "archive_absolute", $"points outside the folder (an absolute path)");
        var parts = plain.Split('/').Where(p => p is not ("" or ".")).ToArray();
        foreach (var part in parts)
        {
            if (part == ".." || part.Trim(' ', '.').Length == 0) throw Bad(name, "archive_outside", $"points outside the folder");
            if (part.Length > 255 || part.Any(c => char.IsControl(c) || c is ':' or '*' or '?' or '"' or '<' or '>' or '|')) throw Bad(name, "archive_name", $"has a name that is not allowed");
        }

        return parts.Length <= 32 ? parts : throw Bad(name, "archive_deep", $"lies too deep");
    }

    private BadInputException Bad(string entry, string code, FormattableString reason) => new(archive, $"entry {(entry.Length <= 200 ? entry : $"{entry[..200]}...")}", code, reason);
}
