namespace R1Lab.Web.Components.Charts;

/// <summary>Fewer points for the eye: each bucket keeps its lowest and its highest point, so that no spike disappears.</summary>
public static class PointReduction
{
    /// <summary>The most points a curve is first drawn with.</summary>
    public const int FirstDraw = 1500;

    /// <summary>At most <paramref name="most"/> points (4 or more), first and last kept, in their order.</summary>
    public static IReadOnlyList<ChartPoint> MinMax(IReadOnlyList<ChartPoint> points, int most = FirstDraw)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 4);
        if (points.Count <= most) return points;

        var buckets = (most - 2) / 2;
        var inner = points.Count - 2;
        var kept = new List<ChartPoint>(most) { points[0] };
        for (var bucket = 0; bucket < buckets; bucket++)
        {
            var first = 1 + (int)((long)bucket * inner / buckets);
            var end = 1 + (int)((long)(bucket + 1) * inner / buckets);
            AddExtremes(points, first, end, kept);
        }

        kept.Add(points[^1]);
        return kept;
    }

    private static void AddExtremes(IReadOnlyList<ChartPoint> points, int first, int end, List<ChartPoint> kept)
    {
        var (low, high) = (first, first);
        for (var index = first + 1; index < end; index++)
        {
            if (points[index].Y < points[low].Y) low = index;
            if (points[index].Y > points[high].Y) high = index;
        }

        kept.Add(points[Math.Min(low, high)]);
        if (low != high) kept.Add(points[Math.Max(low, high)]);
    }
}
