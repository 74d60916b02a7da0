using System.Buffers.Binary;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// The list of entries at the end of a zip archive, measured before it is read: the library makes an object of every entry it finds there, and a
/// file of four gigabytes has room for ninety million.
/// </summary>
internal static class ZipDirectory
{
    /// <summary>Ten thousand entries with long names have 3 MB.</summary>
    private const long MostBytes = 16 << 20;

    private const int EndLength = 22;
    private const int LongestComment = ushort.MaxValue;
    private const int LocatorLength = 20;
    private const int LongEndLength = 56;
    private const uint EndMark = 0x06054B50;
    private const uint LocatorMark = 0x07064B50;

    /// <exception cref="BadInputException">The list is larger than that of any archive that may be unpacked.</exception>
    public static void Check(string archive)
    {
        using var file = File.OpenRead(archive);
        var tail = ReadAt(file, Math.Max(0, file.Length - EndLength - LongestComment - LocatorLength), EndLength + LongestComment + LocatorLength);
        for (var at = tail.Length - EndLength; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != EndMark) continue;
            var start = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16)), LongStart(file, tail.AsSpan(0, at)));
            if (file.Length - start > MostBytes) throw new BadInputException(archive, null, "archive_list", $"the archive's list of files is larger than {MostBytes} bytes");
            return;
        }
    }

    // Where a 64 bit archive says its list begins; the largest number for other archives.
    private static long LongStart(FileStream file, ReadOnlySpan<byte> before)
    {
        if (before.Length < LocatorLength || BinaryPrimitives.ReadUInt32LittleEndian(before[^LocatorLength..]) != LocatorMark) return long.MaxValue;
        var end = BinaryPrimitives.ReadInt64LittleEndian(before[^(LocatorLength - 8)..]);
        if (end < 0 || end > file.Length - LongEndLength) return long.MaxValue;
        return BinaryPrimitives.ReadInt64LittleEndian(ReadAt(file, end, LongEndLength).AsSpan(48)) is >= 0 and var start ? start : long.MaxValue;
    }

    private static byte[] ReadAt(FileStream file, long offset, int most)
    {
        var bytes = new byte[Math.Min(most, file.Length - offset)];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }
}
