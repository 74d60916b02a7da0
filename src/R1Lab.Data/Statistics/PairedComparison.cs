namespace R1Lab.Data.Statistics;

/// <summary>
/// Two models over the same prompts. Each difference is taken within one rater and prompt, so that a strict rater who judges only one of
/// the two cannot make it look worse; differences are averaged over the raters of a prompt, and then over prompts.
/// </summary>
/// <param name="Pairs">Differences in all: a rater and a prompt each.</param>
/// <param name="Prompts">Mean differences of the prompts, in their order.</param>
/// <param name="Test">Null when no prompt differs.</param>
public sealed record PairedComparison(int Pairs, IReadOnlyList<double> Prompts, WilcoxonResult? Test)
{
    /// <summary>Null without prompts.</summary>
    public double? MeanDifference => Prompts.Count == 0 ? null : Prompts.Average();

    public double? P => Test?.P;

    /// <summary>Effect size of Wilcoxon's test, -1 to 1; positive where the second is higher.</summary>
    public double? RankBiserial => Test?.RankBiserial;

    /// <summary><paramref name="differences"/> holds for each prompt one difference (second - first) per rater; prompts without any are left out.</summary>
    public static PairedComparison Of(IEnumerable<IReadOnlyList<double>> differences)
    {
        var prompts = differences.Where(prompt => prompt.Count > 0).ToList();
        double[] means = [.. prompts.Select(prompt => prompt.Average())];
        return new PairedComparison(prompts.Sum(prompt => prompt.Count), means, Wilcoxon.SignedRank(means));
    }

    /// <summary>The t interval of the mean difference; without ends where <see cref="MeanInterval.OfPrompts"/> gives none.</summary>
    public MeanInterval? Interval(double confidence = 0.95) => MeanInterval.OfPrompts(Prompts, confidence);

    /// <summary>
    /// How many prompts show a true mean difference with 80 % power at a two-sided level of 0.05, when the differences of single prompts
    /// spread by <paramref name="spread"/> (standard deviation).
    /// </summary>
    public static int PromptsNeeded(double spread, double difference) =>
        (int)Math.Ceiling(7.85 * spread * spread / (difference * difference));
}
