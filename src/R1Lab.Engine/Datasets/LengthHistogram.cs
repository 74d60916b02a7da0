namespace R1Lab.Engine.Datasets;

/// <summary>Rows whose length is at least <paramref name="From"/> and below <paramref name="To"/> tokens; the last bin has no end.</summary>
public sealed record LengthBin(int From, int? To, int Rows);

/// <summary>
/// How long rows are, in at most <see cref="MostBins"/> bins of one width (a power of two). The few longest rows of a long tail share
/// the last bin, so that one of them does not press all others into the first.
/// </summary>
/// <param name="Bins">In order, empty ones included; none for no rows.</param>
/// <param name="Median">Half of the rows are no longer.</param>
/// <param name="Percentile95">Nor are 95 % longer than this.</param>
/// <param name="Longest">In tokens.</param>
public sealed record LengthHistogram(IReadOnlyList<LengthBin> Bins, int Median, int Percentile95, int Longest)
{
    public const int MostBins = 24;

    private const double Shown = 0.995;

    /// <param name="lengths">Tokens of every row.</param>
    public static LengthHistogram Of(IReadOnlyList<int> lengths)
    {
        if (lengths.Count == 0) return new([], 0, 0, 0);

        int[] sorted = [.. lengths.Order()];
        var width = WidthFor(At(sorted, Shown));
        var counts = new int[Math.Min(MostBins, (sorted[^1] / width) + 1)];
        foreach (var length in sorted) counts[Math.Min(length / width, counts.Length - 1)]++;
        var tail = sorted[^1] / width >= counts.Length;
        var bins = counts.Select((rows, bin) => new LengthBin(bin * width, tail && bin == counts.Length - 1 ? null : (bin + 1) * width, rows));
        return new([.. bins], At(sorted, 0.5), At(sorted, 0.95), sorted[^1]);
    }

    private static int WidthFor(int length)
    {
        var width = 8;
        while (width * (MostBins - 1) <= length) width *= 2;
        return width;
    }

    // The least length that at least this share of the rows does not exceed.
    private static int At(int[] sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
