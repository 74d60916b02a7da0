namespace R1Lab.Engine.Training.Signs;

/// <summary>Measures of a curve that single wild points do not move.</summary>
internal static class CurveStatistics
{
    /// <summary>From the median of absolute deviations to a normal distribution's standard deviation.</summary>
    private const double MedianToDeviation = 1.4826;

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>
    /// The noise about a smooth curve, as a standard deviation: from second differences, in which a level and a straight trend cancel
    /// (their variance is 6 times the noise's); 0 for fewer than five points.
    /// </summary>
    public static double Noise(IReadOnlyList<double> values) => values.Count < 5 ? 0 : MedianToDeviation / Math.Sqrt(6)
        * Median(Enumerable.Range(1, values.Count - 2).Select(i => Math.Abs(values[i - 1] - 2 * values[i] + values[i + 1])));

    /// <summary>The standard error of a median of <paramref name="count"/> values with normal noise: <c>σ √(π / 2n)</c>.</summary>
    public static double MedianError(double noise, int count) => noise * Math.Sqrt(Math.PI / (2 * count));
}
