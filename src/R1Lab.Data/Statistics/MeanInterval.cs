namespace R1Lab.Data.Statistics;

/// <summary>
/// A mean with its t interval. <paramref name="StandardDeviation"/> is that of the values (n - 1), null for one value; the ends are null
/// where there is no interval to speak of.
/// </summary>
public sealed record MeanInterval(int Count, double Mean, double? StandardDeviation, double? Low, double? High)
{
    /// <summary>With fewer values the shape of their distribution decides whether an interval holds what it says.</summary>
    public const int FewestValues = 5;

    // What is left of equal means such as 1/3 after rounding is no variation.
    private const double Rounding = 1e-9;

    /// <summary>The t interval as the formula gives it, from two values on. Null without values.</summary>
    public static MeanInterval? Student(IReadOnlyList<double> values, double confidence = 0.95)
    {
        if (values.Count == 0) return null;
        var mean = values.Average();
        if (values.Count == 1) return new MeanInterval(1, mean, null, null, null);
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        var half = StudentT.Quantile(confidence, values.Count - 1) * deviation / Math.Sqrt(values.Count);
        return new MeanInterval(values.Count, mean, deviation, mean - half, mean + half);
    }

    /// <summary>
    /// The same without ends where they would claim too much: below <see cref="FewestValues"/> values, and where nothing varies ("3.00 to
    /// 3.00" says that few were asked, not that the mean is known).
    /// </summary>
    public static MeanInterval? OfPrompts(IReadOnlyList<double> values, double confidence = 0.95) =>
        Student(values, confidence) is { } interval
            ? interval.Count >= FewestValues && interval.StandardDeviation > Rounding ? interval : interval with { Low = null, High = null }
            : null;
}
