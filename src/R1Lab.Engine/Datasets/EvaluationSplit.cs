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
}
