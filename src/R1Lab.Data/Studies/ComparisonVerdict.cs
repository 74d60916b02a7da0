using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>What a comparison shows, in one word for each text that pages print. Test and interval both support it.</summary>
public enum ComparisonVerdict
{
    /// <summary>The corrected p is below 0.05 and the interval lies above zero.</summary>
    SecondHigher,

    /// <summary>The same below zero.</summary>
    FirstHigher,

    /// <summary>Neither test nor interval sees a difference.</summary>
    NoClearDifference,

    /// <summary>One of the two sees a difference, the other does not: nothing is claimed.</summary>
    Undecided,

    /// <summary>Every prompt came out equal.</summary>
    Equal,

    /// <summary>Too few prompts differ for any result to be significant.</summary>
    TooFewPrompts,

    /// <summary>Too few prompts have a rater who scored both models.</summary>
    NotComparable,
}

/// <summary>What a comparison may claim.</summary>
public enum ComparisonRole
{
    /// <summary>One of several that stand side by side: p values and intervals are corrected for all of them.</summary>
    Joint,

    /// <summary>Chosen before the first rating.</summary>
    Primary,

    /// <summary>Beside a primary comparison: a hint for the next study, corrected for all of its kind.</summary>
    Exploratory,
}

internal static class Verdicts
{
    public const double Level = 0.05;

    /// <param name="result">The comparison.</param>
    /// <param name="interval">Its interval at the corrected confidence.</param>
    /// <param name="correctedP">Its p after correction.</param>
    /// <param name="tests">By how much a p value is multiplied at most.</param>
    public static ComparisonVerdict Of(PairedComparison result, MeanInterval? interval, double? correctedP, double tests)
    {
        if (result.Prompts.Count < MeanInterval.FewestValues) return ComparisonVerdict.NotComparable;
        if (result.Test is not { } test) return ComparisonVerdict.Equal;
        if (test.SmallestP * tests >= Level) return ComparisonVerdict.TooFewPrompts;
        var tested = correctedP < Level ? Math.Sign(test.RankBiserial) : 0;
        // Where all prompts differ by the same amount there is no interval, and the test, which needs no spread, speaks alone.
        var seen = interval is { Low: { } low, High: { } high } ? (low > 0 ? 1 : high < 0 ? -1 : 0) : tested;
        if (tested != seen) return ComparisonVerdict.Undecided;
        return tested switch { > 0 => ComparisonVerdict.SecondHigher, < 0 => ComparisonVerdict.FirstHigher, _ => ComparisonVerdict.NoClearDifference };
    }
}
