namespace R1Lab.Data.Statistics;

/// <summary>
/// Two models over the same prompts, one value a prompt and model (the mean over raters). The interval is a paired bootstrap over prompts.
/// <paramref name="P"/> and <paramref name="RankBiserial"/> are Wilcoxon's, null when no prompt differs.
/// </summary>
public sealed record PairedComparison(int Prompts, double MeanDifference, double Low, double High, double? P, double? RankBiserial)
{
    /// <summary>How far the second is above the first. Null without prompts.</summary>
    public static PairedComparison? Compute(IReadOnlyList<double> first, IReadOnlyList<double> second, int rounds, int seed)
    {
        var differences = first.Zip(second, (one, other) => (IReadOnlyList<double>)[other - one]).ToList();
        if (Means.Bootstrap(differences, rounds, seed) is not { } mean) return null;
        var test = Wilcoxon.SignedRank(second, first);
        return new PairedComparison(mean.Count, mean.Mean, mean.Low, mean.High, test?.P, test?.RankBiserial);
    }

    /// <summary>Holm's correction of several p values, in their order.</summary>
    public static IReadOnlyList<double> Holm(IReadOnlyList<double> values)
    {
        var adjusted = new double[values.Count];
        var (highest, left) = (0.0, values.Count);
        foreach (var index in Enumerable.Range(0, values.Count).OrderBy(index => values[index]))
        {
            highest = Math.Max(highest, Math.Min(1, values[index] * left--));
            adjusted[index] = highest;
        }

        return adjusted;
    }

    /// <summary>
    /// How many prompts show a true mean difference with 80 % power at a two-sided level of 0.05, when the differences of single prompts
    /// spread by <paramref name="spread"/> (standard deviation).
    /// </summary>
    public static int PromptsNeeded(double spread, double difference) =>
        (int)Math.Ceiling(7.85 * spread * spread / (difference * difference));
}
