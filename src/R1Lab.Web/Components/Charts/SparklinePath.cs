namespace R1Lab.Web.Components.Charts;

/// <summary>Where the points of a sparkline stand.</summary>
public static class SparklinePath
{
    private const double Margin = 3;

    /// <summary>Lines from left to right, broken where a number is missing. Zero is the ground, so that a small change looks small.</summary>
    public static IReadOnlyList<IReadOnlyList<ChartPoint>> Of(IReadOnlyList<double?> values, double width, double height)
    {
        var known = values.OfType<double>().Where(double.IsFinite).ToList();
        if (known.Count == 0) return [];

        var (low, high) = (Math.Min(0, known.Min()), Math.Max(0, known.Max()));
        var lines = new List<List<ChartPoint>>();
        var broken = true;
        for (var index = 0; index < values.Count; index++)
        {
            if (values[index] is not { } value || !double.IsFinite(value))
            {
                broken = true;
                continue;
            }

            if (broken) lines.Add([]);
            broken = false;
            lines[^1].Add(new(Across(index, values.Count, width), Up(value, low, high, height)));
        }

        return lines;
    }

    private static double Across(int index, int count, double width) => count == 1 ? width / 2 : Margin + ((width - (2 * Margin)) * index / (count - 1));

    private static double Up(double value, double low, double high, double height) =>
        high > low ? height - Margin - ((height - (2 * Margin)) * (value - low) / (high - low)) : height - Margin;
}
