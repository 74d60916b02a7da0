namespace R1Lab.Engine.Datasets;

/// <summary>Holds rows out for evaluation.</summary>
public static class EvaluationSplit
{
    /// <summary>How many of <paramref name="rows"/> rows are held out.</summary>
    /// <param name="valSize">A share below 1 (rounded up), or a number of rows.</param>
    public static int Count(int rows, double valSize)
    {
        if (valSize <= 0) return 0;
        return (int)Math.Min(rows, valSize < 1 ? Math.Ceiling(rows * valSize) : Math.Round(valSize));
    }

    /// <summary>Splits by a shuffle of <paramref name="seed"/>; both parts keep the rows' order.</summary>
    public static (IReadOnlyList<T> Train, IReadOnlyList<T> Evaluation) Split<T>(IReadOnlyList<T> rows, double valSize, long seed)
    {
        var count = Count(rows.Count, valSize);
        if (count == 0) return (rows, []);
        var held = SeededShuffle.Order(rows.Count, seed).Take(count).ToHashSet();
        return ([.. rows.Where((_, i) => !held.Contains(i))], [.. rows.Where((_, i) => held.Contains(i))]);
    }

    /// <summary>
    /// Splits examples. Parts of one row are all trained, as far as there are other rows to hold out, and are never divided between both
    /// sides: evaluating on a part of a row that is trained would say nothing. Without such rows this is the split of any other list.
    /// </summary>
    public static (IReadOnlyList<TokenExample> Train, IReadOnlyList<TokenExample> Evaluation) Split(IReadOnlyList<TokenExample> rows, double valSize, long seed)
    {
        var parts = rows.Index().Where(row => row.Item.RowId is not null).GroupBy(row => row.Item.RowId!.Value, row => row.Index)
            .Where(row => row.Skip(1).Any()).ToDictionary(row => row.Key, row => row.ToArray());
        if (parts.Count == 0) return Split<TokenExample>(rows, valSize, seed);

        var (count, held) = (Count(rows.Count, valSize), new HashSet<int>());
        foreach (var place in SeededShuffle.Order(rows.Count, seed).OrderBy(row => PartsOf(row).Length > 1))
        {
            if (held.Count >= count) break;
            if (held.Count + PartsOf(place).Length < rows.Count) held.UnionWith(PartsOf(place)); // something is left to train
        }

        return ([.. rows.Where((_, i) => !held.Contains(i))], [.. rows.Where((_, i) => held.Contains(i))]);

        int[] PartsOf(int place) => rows[place].RowId is { } id && parts.TryGetValue(id, out var all) ? all : [place];
    }
}
