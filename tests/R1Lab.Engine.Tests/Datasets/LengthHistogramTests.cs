using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Tests.Datasets;

public sealed class LengthHistogramTests
{
    [Fact]
    public void Of_FewRows_CountsThemInBinsOfAPowerOfTwo()
    {
        var histogram = LengthHistogram.Of([3, 7, 8, 9, 20]);

        Assert.Equal([new LengthBin(0, 8, 2), new LengthBin(8, 16, 2), new LengthBin(16, 24, 1)], histogram.Bins);
        Assert.Equal((8, 20, 20), (histogram.Median, histogram.Percentile95, histogram.Longest));
    }

    [Fact]
    public void Of_OneGiantAmongManyRows_LeavesTheOthersReadable()
    {
        int[] lengths = [.. Enumerable.Range(1, 999), 100_000];

        var histogram = LengthHistogram.Of(lengths);

        Assert.InRange(histogram.Bins.Count, 8, LengthHistogram.MostBins);
        Assert.Equal((1000, null, 100_000), (histogram.Bins.Sum(bin => bin.Rows), histogram.Bins[^1].To, histogram.Longest));
        Assert.InRange(histogram.Bins[0].Rows, 1, 100);
    }

    [Fact]
    public void Of_NoRows_IsEmpty() => Assert.Empty(LengthHistogram.Of([]).Bins);
}
