using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>Whether <paramref name="Second"/> is scored higher than <paramref name="First"/> on one criterion.</summary>
public sealed record ModelComparison(string Criterion, string First, string Second, ComparisonRole Role, PairedComparison Result)
{
    /// <summary>Of the interval: 0.95, or more where it holds together with those of other comparisons.</summary>
    public double Confidence { get; init; }

    /// <summary>Lower end of the interval of the mean difference; null where there is none.</summary>
    public double? Low { get; init; }

    public double? High { get; init; }

    /// <summary>Wilcoxon's p, corrected by Holm among the comparisons of its role; those of an exploratory one count five times.</summary>
    public double? HolmP { get; init; }

    public ComparisonVerdict Verdict { get; init; } = ComparisonVerdict.NotComparable;

    /// <summary>Pairs of a rater and a prompt with an answer for both models, "cannot judge" included.</summary>
    public int RatedBoth { get; init; }

    public required CannotJudgeComparison CannotJudge { get; init; }

    /// <summary>Whether a difference is claimed.</summary>
    public bool IsClaim => Verdict is ComparisonVerdict.SecondHigher or ComparisonVerdict.FirstHigher;
}
