using System.Runtime.InteropServices;
using System.Text;

namespace R1Lab.Engine;

/// <summary>
/// Opens files that came from outside, such as those of a downloaded model. Only regular files are opened (a named pipe would wait for ever), links
/// are followed only to where model files are kept, and a size is checked before memory is taken for it.
/// </summary>
public static partial class BoundedFile
{
    private const int StatusBytes = 256;
    private const int ModeOffset = 28; // stx_mode
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint TypeWanted = 1; // STATX_TYPE
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int Folder = 0x4000;

    private static readonly Lock Gate = new();
    private static string[] _roots = [];

    /// <summary>Lets links inside model folders lead into these folders too: the folders an operator configured for models.</summary>
    public static void AllowLinksInto(IEnumerable<string> folders)
    {
        var real = folders.Where(Directory.Exists).Select(RealPath).ToList();
        lock (Gate) _roots = [.. _roots.Union(real, StringComparer.Ordinal)];
    }

    /// <param name="path">The file.</param>
    /// <param name="mostBytes">A larger file is refused.</param>
    /// <param name="modelFolder">The folder it belongs to; null: the one it lies in.</param>
    /// <exception cref="BadInputException">No regular file, a link that leads out of the model folder, or too large.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static byte[] ReadAllBytes(string path, long mostBytes, string? modelFolder = null)
    {
        using var stream = OpenRead(path, modelFolder);
        if (stream.Length > mostBytes) throw new BadInputException(path, null, "file_too_large", $"the file has {stream.Length} bytes; at most {mostBytes} are read");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadAllText(string path, long mostBytes, string? modelFolder = null)
    {
        using var reader = new StreamReader(new MemoryStream(ReadAllBytes(path, mostBytes, modelFolder)), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    /// <inheritdoc cref="ReadAllBytes"/>
    public static FileStream OpenRead(string path, string? modelFolder = null)
    {
        Check(path, modelFolder);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);
    }

    /// <summary>Checks kind and link of a file without opening it; a missing file passes.</summary>
    /// <exception cref="BadInputException">No regular file, or a link that leads out of the model folder.</exception>
    public static void Check(string path, string? modelFolder = null)
    {
        if (TypeOf(path) is { } type && type is not (RegularFile or Folder))
            throw new BadInputException(path, null, "file_not_regular", $"is a device, pipe or socket: only regular files are read");
        var folder = RealPath(modelFolder ?? Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (File.Exists(path) && RealPath(path) is var real && !IsAllowed(real, folder))
            throw new BadInputException(path, null, "file_link_out", $"is a link that leads out of the model folder: only links into a configured model folder, or to the blobs of the same hub repository, are followed");
    }

    private static bool IsAllowed(string real, string folder) =>
        IsInside(real, folder) || BlobsOf(folder) is { } blobs && IsInside(real, blobs) || Array.Exists(_roots, root => IsInside(real, root));

    // models--org--name/snapshots/commit: the files are links into models--org--name/blobs.
    private static string? BlobsOf(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (at.Name.StartsWith("models--", StringComparison.Ordinal)) return Path.Combine(at.FullName, "blobs");
        }

        return null;
    }

    private static bool IsInside(string path, string folder) => path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The path without any link in it.</summary>
    private static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows()) return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        var resolved = realpath(full, 0);
        if (resolved == 0) return full;
        try
        {
            return Marshal.PtrToStringUTF8(resolved)!;
        }
        finally
        {
            free(resolved);
        }
    }

    /// <summary>The type bits of what the path leads to; null where the system does not tell.</summary>
    private static unsafe int? TypeOf(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var status = stackalloc byte[StatusBytes];
        return statx(CurrentFolder, path, 0, TypeWanted, status) == 0 ? *(ushort*)(status + ModeOffset) & TypeMask : null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint realpath(string path, nint buffer);

    [LibraryImport("libc")]
    private static partial void free(nint memory);
}
