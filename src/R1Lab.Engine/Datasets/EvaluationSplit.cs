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
    /// Splits examples. Parts of one row are all trained, as far as there are other rows to hold out: evaluating on a part of a row that is
    /// trained would say nothing. Without such rows this is the split of any other list.
    /// </summary>
    public static (IReadOnlyList<TokenExample> Train, IReadOnlyList<TokenExample> Evaluation) Split(IReadOnlyList<TokenExample> rows, double valSize, long seed)
    {
        var parts = rows.Where(row => row.RowId is not null).CountBy(row => row.RowId!.Value).Where(row => row.Value > 1).Select(row => row.Key).ToHashSet();
        if (parts.Count == 0) return Split<TokenExample>(rows, valSize, seed);

        var whole = SeededShuffle.Order(rows.Count, seed).OrderBy(row => rows[row].RowId is { } id && parts.Contains(id));
        var held = whole.Take(Count(rows.Count, valSize)).ToHashSet();
        return ([.. rows.Where((_, i) => !held.Contains(i))], [.. rows.Where((_, i) => held.Contains(i))]);
    }
}
