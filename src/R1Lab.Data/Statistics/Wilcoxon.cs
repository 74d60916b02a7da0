namespace R1Lab.Data.Statistics;

/// <summary>
/// Wilcoxon's signed-rank test of paired values. <paramref name="Pairs"/> counts the pairs that differ. <paramref name="Z"/> and
/// <paramref name="PNormal"/> come from the normal approximation (ties corrected, no continuity correction); <paramref name="PExact"/> from
/// all sign patterns, given for at most 25 pairs. <paramref name="RankBiserial"/> is the effect size, -1 to 1.
/// </summary>
public sealed record WilcoxonResult(
    int Pairs, double WPlus, double WMinus, double Z, double PNormal, double? PExact, double RankBiserial)
{
    /// <summary>The exact p where there is one.</summary>
    public double P => PExact ?? PNormal;

    /// <summary>The smallest p that so many pairs can give, when all differ in one direction.</summary>
    public double SmallestP => Math.Pow(2, 1 - Pairs);
}

public static class Wilcoxon
{
    public const int ExactLimit = 25;

    // Differences of means such as 1/3 must tie where they are equal on paper: scores and raters are few, so that different ones are much
    // further apart than this.
    private const int Digits = 12;

    /// <summary>Null when no pair differs. Pairs that are equal are dropped, tied differences share their mean rank.</summary>
    public static WilcoxonResult? SignedRank(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        if (first.Count != second.Count) throw new ArgumentException("The values must come in pairs.", nameof(second));
        return SignedRank([.. first.Zip(second, (one, other) => one - other)]);
    }

    /// <summary>The same from the differences of the pairs.</summary>
    public static WilcoxonResult? SignedRank(IReadOnlyList<double> pairs)
    {
        double[] differences = [.. pairs.Select(difference => Math.Round(difference, Digits)).Where(difference => difference != 0)];
        if (differences.Length == 0) return null;
        var (ranks, tieTerm) = Rank([.. differences.Select(Math.Abs)]);
        var plus = differences.Zip(ranks).Where(pair => pair.First > 0).Sum(pair => pair.Second);
        double n = differences.Length;
        var total = n * (n + 1) / 2;
        var low = Math.Min(plus, total - plus);
        var z = (low - (total / 2)) / Math.Sqrt((n * (n + 1) * ((2 * n) + 1) / 24) - (tieTerm / 48));
        return new WilcoxonResult(
            differences.Length, plus, total - plus, z, NormalDistribution.TwoSided(z),
            differences.Length <= ExactLimit ? Exact(ranks, low) : null, ((2 * plus) - total) / total);
    }

    private static (double[] Ranks, double TieTerm) Rank(double[] sizes)
    {
        var order = Enumerable.Range(0, sizes.Length).OrderBy(index => sizes[index]).ToArray();
        var ranks = new double[sizes.Length];
        var tieTerm = 0.0;
        for (var start = 0; start < order.Length;)
        {
            var end = start;
            while (end < order.Length && sizes[order[end]] == sizes[order[start]]) end++;
            for (var place = start; place < end; place++) ranks[order[place]] = (start + end + 1) / 2.0;
            double tied = end - start;
            tieTerm += (tied * tied * tied) - tied;
            start = end;
        }

        return (ranks, tieTerm);
    }

    /// <summary>Counts the sign patterns with a rank sum of at most <paramref name="low"/>; mid-ranks are halves, so everything is doubled.</summary>
    private static double Exact(double[] ranks, double low)
    {
        var bound = (int)Math.Round(2 * low);
        var patterns = new double[bound + 1];
        patterns[0] = 1;
        foreach (var rank in ranks.Select(rank => (int)Math.Round(2 * rank)))
        {
            for (var sum = bound; sum >= rank; sum--) patterns[sum] += patterns[sum - rank];
        }

        return Math.Min(1, 2 * patterns.Sum() / Math.Pow(2, ranks.Length));
    }
}
