using System.Runtime.InteropServices;
using System.Security.Cryptography;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

/// <summary>
/// A short print of every row, kept beside the snapshots (<c>rows.bin</c>, 12 bytes a row), so that a refused resume can name the rows that changed.
/// Nothing else depends on it.
/// </summary>
internal sealed record RowPrints(IReadOnlyList<(int Id, long Print)> Train, IReadOnlyList<(int Id, long Print)> Evaluation)
{
    private const string FileName = "rows.bin";
    private const int Named = 8;

    public static RowPrints Of(RunRows rows) => new(Prints(rows.Train), Prints(rows.Evaluation));

    /// <summary>What stands beside the snapshots; null where there is nothing to read.</summary>
    public static RowPrints? Read(string snapshots)
    {
        try
        {
            using var file = new BinaryReader(File.OpenRead(Path.Combine(snapshots, FileName)));
            return new RowPrints(ReadList(file), ReadList(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(string snapshots) => DurableFile.Write(Path.Combine(snapshots, FileName), stream =>
    {
        using var file = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        foreach (var rows in (IReadOnlyList<(int Id, long Print)>[])[Train, Evaluation])
        {
            file.Write(rows.Count);
            foreach (var (id, print) in rows)
            {
                file.Write(id);
                file.Write(print);
            }
        }
    });

    /// <summary>Which rows came, went or changed, in words; only their order when they are the same.</summary>
    public static string Difference(IReadOnlyList<(int Id, long Print)> then, IReadOnlyList<(int Id, long Print)> now)
    {
        var (before, after) = (then.ToLookup(row => row.Id, row => row.Print), now.ToLookup(row => row.Id, row => row.Print));
        string[] parts =
        [
            Count("added", after.Select(row => row.Key).Where(id => !before.Contains(id))),
            Count("removed", before.Select(row => row.Key).Where(id => !after.Contains(id))),
            Count("changed", after.Where(row => before.Contains(row.Key) && !row.SequenceEqual(before[row.Key])).Select(row => row.Key)),
        ];
        var said = string.Join(", ", parts.Where(part => part.Length > 0));
        return said.Length > 0 ? said : "their order";
    }

    private static string Count(string what, IEnumerable<int> rows)
    {
        var ids = rows.Order().ToArray();
        if (ids.Length == 0) return "";
        return $"{ids.Length} {what} ({string.Join(", ", ids.Take(Named))}{(ids.Length > Named ? ", …" : "")})";
    }

    private static List<(int Id, long Print)> Prints(IReadOnlyList<TokenExample> rows) => [.. rows.Select((row, place) => (row.RowId ?? place, Print(row)))];

    private static long Print(TokenExample row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(row.InputIds.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(row.Labels.AsSpan()));
        return BitConverter.ToInt64(hash.GetHashAndReset());
    }

    private static List<(int Id, long Print)> ReadList(BinaryReader file)
    {
        var rows = new List<(int, long)>();
        for (var left = file.ReadInt32(); left > 0; left--) rows.Add((file.ReadInt32(), file.ReadInt64()));
        return rows;
    }
}
