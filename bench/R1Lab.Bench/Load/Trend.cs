namespace R1Lab.Bench.Load;

/// <summary>The least-squares line through samples of a number over time, and how far the samples spread around its level.</summary>
internal sealed record Trend(double PerHour, double First, double Last, double Lowest, double Highest)
{
    private const double SecondsPerHour = 3600;

    /// <summary>The line from its first to its last point.</summary>
    public override string ToString() => $"{First:F1} -> {Last:F1}";

    /// <param name="samples">At least two, with seconds and value.</param>
    public static Trend Of(IReadOnlyList<(double Seconds, double Value)> samples)
    {
        var (meanTime, meanValue) = (samples.Average(one => one.Seconds), samples.Average(one => one.Value));
        var spread = samples.Sum(one => Math.Pow(one.Seconds - meanTime, 2));
        var slope = spread == 0 ? 0 : samples.Sum(one => (one.Seconds - meanTime) * (one.Value - meanValue)) / spread;
        return new Trend(
            slope * SecondsPerHour,
            meanValue + (slope * (samples[0].Seconds - meanTime)),
            meanValue + (slope * (samples[^1].Seconds - meanTime)),
            samples.Min(one => one.Value),
            samples.Max(one => one.Value));
    }
}
