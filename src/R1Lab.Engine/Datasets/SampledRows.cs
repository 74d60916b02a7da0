namespace R1Lab.Engine.Datasets;

/// <summary>A random part of a dataset's rows, for a trial that takes minutes whatever the dataset's size.</summary>
public static class SampledRows
{
    // Apart from the orders that hold rows out and shuffle epochs by the same seed.
    private const long Stream = 0x726F7773;

    /// <summary>
    /// At most so many rows by a shuffle of <paramref name="seed"/>, in their order; all parts of a split row count as one and stay together. Taking
    /// the sample of a sample gives the same rows.
    /// </summary>
    /// <param name="rows">Examples; those of one row stand together.</param>
    /// <param name="most">Null: all of them.</param>
    /// <param name="seed">The run's.</param>
    public static IReadOnlyList<TokenExample> Of(IReadOnlyList<TokenExample> rows, int? most, long seed)
    {
        if (most is not { } limit || rows.Count <= limit) return rows;
        var ids = rows.Select(IdOf).Distinct().ToList();
        if (ids.Count <= limit) return rows;
        var taken = SeededShuffle.Order(ids.Count, seed, Stream).Take(limit).Select(place => ids[place]).ToHashSet();
        return [.. rows.Where((row, place) => taken.Contains(IdOf(row, place)))];
    }

    // Rows without a number are told apart by their place, which no row's number is.
    private static long IdOf(TokenExample row, int place) => row.RowId ?? -1L - place;
}
