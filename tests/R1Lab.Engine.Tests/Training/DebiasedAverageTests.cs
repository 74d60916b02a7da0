using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

public sealed class DebiasedAverageTests
{
    [Fact]
    public void Of_NoWeight_ReturnsTheValues()
    {
        IReadOnlyList<double> values = [3, 1, 2];

        var smooth = DebiasedAverage.Of(values, 0);

        Assert.Equal(values, smooth);
    }

    [Fact]
    public void Of_HalfWeight_FollowsTheFormulaWithoutPullTowardsZero()
    {
        // By hand: s = 2, 3, 5.5 after 4, 4, 8 with w = 1/2; divided by 1/2, 3/4, 7/8.
        double[] expected = [4, 4, 5.5 / 0.875];

        var smooth = DebiasedAverage.Of([4, 4, 8], 0.5);

        Assert.Equal(expected, smooth, (left, right) => Math.Abs(left - right) < 1e-12);
    }

    [Fact]
    public void Next_AfterAConstantStart_StaysThere()
    {
        var average = new DebiasedAverage(0.99);

        var last = Enumerable.Repeat(2.5, 200).Select(average.Next).Last();

        Assert.Equal(2.5, last, 9);
    }
}
