namespace R1Lab.Bench.Load;

/// <summary>The least-squares line through samples of a number over time, and how far the samples spread around its level.</summary>
/// <param name="Error">
/// The standard error of <paramref name="PerHour"/> from the means of blocks of five minutes, because neighbouring samples depend on each other; null
/// with fewer than three blocks.
/// </param>
internal sealed record Trend(double PerHour, double? Error, double First, double Last, double Lowest, double Highest)
{
    private const double SecondsPerHour = 3600;
    private const double SecondsPerBlock = 300;

    /// <summary>The line from its first to its last point.</summary>
    public override string ToString() => $"{First:F1} -> {Last:F1}";

    /// <param name="samples">At least two, with seconds and value.</param>
    public static Trend Of(IReadOnlyList<(double Seconds, double Value)> samples)
    {
        var line = Line.Through(samples);
        return new Trend(
            line.Slope * SecondsPerHour,
            ErrorOf(samples) * SecondsPerHour,
            line.At(samples[0].Seconds),
            line.At(samples[^1].Seconds),
            samples.Min(one => one.Value),
            samples.Max(one => one.Value));
    }

    private static double? ErrorOf(IReadOnlyList<(double Seconds, double Value)> samples)
    {
        var blocks = samples.GroupBy(one => Math.Floor((one.Seconds - samples[0].Seconds) / SecondsPerBlock))
            .Select(block => (Seconds: block.Average(one => one.Seconds), Value: block.Average(one => one.Value))).ToList();
        if (blocks.Count < 3) return null;

        var line = Line.Through(blocks);
        return Math.Sqrt(blocks.Sum(one => Math.Pow(one.Value - line.At(one.Seconds), 2)) / (blocks.Count - 2) / line.Spread);
    }

    /// <param name="Spread">The sum of squared distances of the times from their mean.</param>
    private sealed record Line(double MeanTime, double MeanValue, double Slope, double Spread)
    {
        public static Line Through(IReadOnlyList<(double Seconds, double Value)> points)
        {
            var (meanTime, meanValue) = (points.Average(one => one.Seconds), points.Average(one => one.Value));
            var spread = points.Sum(one => Math.Pow(one.Seconds - meanTime, 2));
            var slope = spread == 0 ? 0 : points.Sum(one => (one.Seconds - meanTime) * (one.Value - meanValue)) / spread;
            return new Line(meanTime, meanValue, slope, spread);
        }

        public double At(double time) => MeanValue + (Slope * (time - MeanTime));
    }
}
