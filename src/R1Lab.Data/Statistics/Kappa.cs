namespace R1Lab.Data.Statistics;

public enum KappaWeights
{
    /// <summary>Any difference counts the same.</summary>
    None,
    Linear,
    Quadratic,
}

/// <summary>Agreement of several raters beyond chance (Fleiss 1971): the mean agreement, that expected by chance, and kappa.</summary>
public sealed record FleissKappa(double MeanAgreement, double ChanceAgreement, double? Kappa);

public static class Kappa
{
    /// <summary>
    /// Cohen's kappa of two raters over the same items, 1 - observed / expected disagreement (Cohen 1968). Differences are those of the values
    /// themselves, so points of the scale that nobody used change nothing. Null when both always gave one and the same value.
    /// </summary>
    public static double? Cohen(IReadOnlyList<int> first, IReadOnlyList<int> second, KappaWeights weights = KappaWeights.None)
    {
        if (first.Count != second.Count) throw new ArgumentException("Both raters must have rated the same items.", nameof(second));
        var observed = first.Zip(second, (one, other) => Disagreement(one, other, weights)).Sum() * first.Count;
        var expected = first.Sum(one => second.Sum(other => Disagreement(one, other, weights)));
        return expected == 0 ? null : 1 - (observed / expected);
    }

    /// <summary><paramref name="counts"/>[item][category] is how many raters chose the category; every item has as many raters, at least two.</summary>
    public static FleissKappa Fleiss(IReadOnlyList<IReadOnlyList<int>> counts)
    {
        if (counts.Count == 0) throw new ArgumentException("There are no items.", nameof(counts));
        var raters = counts[0].Sum();
        if (raters < 2 || counts.Any(item => item.Sum() != raters))
            throw new ArgumentException("Every item needs the same number of raters, at least two.", nameof(counts));
        var agreement = counts.Average(item => (item.Sum(count => (double)count * count) - raters) / (raters * (raters - 1.0)));
        var chance = Enumerable.Range(0, counts[0].Count)
            .Select(category => counts.Sum(item => item[category]) / (double)(raters * counts.Count)).Sum(share => share * share);
        return new FleissKappa(agreement, chance, chance == 1 ? null : (agreement - chance) / (1 - chance));
    }

    private static double Disagreement(int one, int other, KappaWeights weights)
    {
        var difference = Math.Abs((double)one - other);
        return weights switch
        {
            KappaWeights.None => difference == 0 ? 0 : 1,
            KappaWeights.Linear => difference,
            KappaWeights.Quadratic => difference * difference,
            _ => throw new ArgumentOutOfRangeException(nameof(weights)),
        };
    }
}
