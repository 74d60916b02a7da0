using R1Lab.Web.Components.Charts;

namespace R1Lab.Web.Tests.Charts;

public sealed class PointReductionTests
{
    [Fact]
    public void MinMax_FewPoints_KeepsThemAll()
    {
        IReadOnlyList<ChartPoint> points = [new(1, 2), new(2, 3)];

        Assert.Same(points, PointReduction.MinMax(points));
    }

    [Theory]
    [InlineData(1501)]
    [InlineData(4999)]
    [InlineData(100_000)]
    public void MinMax_ManyPoints_StaysWithinTheLimitInOrderWithBothEnds(int count)
    {
        var points = Wave(count);

        var kept = PointReduction.MinMax(points);

        Assert.True(kept.Count <= PointReduction.FirstDraw);
        Assert.Equal((points[0], points[^1]), (kept[0], kept[^1]));
        Assert.Equal(kept.OrderBy(point => point.X).Distinct(), kept);
    }

    [Fact]
    public void MinMax_OneSpikeAmongMany_KeepsTheSpike()
    {
        var points = Wave(50_000);
        points[31_337] = new(31_337, 1000);
        points[40_001] = new(40_001, -1000);

        var kept = PointReduction.MinMax(points, 300);

        Assert.Equal((1000d, -1000d), (kept.Max(point => point.Y), kept.Min(point => point.Y)));
    }

    // Buckets of six points each. The lowest and the highest of each stay in their order; where all are equal there is one.
    [Fact]
    public void MinMax_EachBucket_KeepsItsLowestAndHighestOnce()
    {
        List<ChartPoint> points = [new(0, 5)];
        points.AddRange(new double[] { 3, 9, 4, 1, 5, 5 }.Select((y, i) => new ChartPoint(1 + i, y)));
        points.AddRange(Enumerable.Range(7, 6).Select(x => new ChartPoint(x, 2)));
        points.Add(new(13, 5));

        Assert.Equal([new(0, 5), new(2, 9), new(4, 1), new(7, 2), new ChartPoint(13, 5)], PointReduction.MinMax(points, 6));
    }

    private static List<ChartPoint> Wave(int count) => [.. Enumerable.Range(0, count).Select(x => new ChartPoint(x, Math.Sin(x / 50d)))];
}
