using System.Text;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Writes a file so that a reader, now or after a power cut, finds either the old content or the new one, whole: temporary file, fsync, rename, fsync of the folder.
/// </summary>
public static class DurableFile
{
    internal const string TemporarySuffix = ".r1lab-tmp";

    /// <summary>Writes <paramref name="path"/> through a temporary file beside it. On any failure the temporary file is removed and the old file is untouched.</summary>
    /// <param name="path">The file; its folder is made when missing.</param>
    /// <param name="write">Writes the content, in order.</param>
    /// <param name="expectedBytes">When known, the room needed; checked first.</param>
    /// <exception cref="NotEnoughSpaceException">The disk has less room than <paramref name="expectedBytes"/>.</exception>
    public static void Write(string path, Action<Stream> write, long expectedBytes = 0)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(folder);
        RequireSpace(folder, expectedBytes);
        var temporary = $"{full}.{Guid.NewGuid():N}{TemporarySuffix}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        DurableFolder.Flush(folder);
    }

    public static void WriteAllBytes(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span), bytes.Length);

    /// <summary>UTF-8 without a byte order mark.</summary>
    public static void WriteAllText(string path, string text) => WriteAllBytes(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Copies a file's content durably; a symbolic link is followed.</summary>
    public static void Copy(string source, string target) => Write(target, stream =>
    {
        using var from = File.OpenRead(source);
        from.CopyTo(stream);
    });

    /// <exception cref="NotEnoughSpaceException">Fewer than <paramref name="bytes"/> are free where <paramref name="folder"/> lies.</exception>
    public static void RequireSpace(string folder, long bytes)
    {
        if (bytes <= 0) return;
        var free = FreeBytes(folder);
        if (free < bytes) throw new NotEnoughSpaceException(folder, bytes, free);
    }

    /// <summary>Bytes this process may still write where the folder (or its nearest existing parent) lies.</summary>
    public static long FreeBytes(string folder)
    {
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing)) existing = Path.GetDirectoryName(existing)!;
        return new DriveInfo(existing).AvailableFreeSpace;
    }
}
