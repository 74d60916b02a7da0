using CsCheck;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Tests.Training.Reporting;

public sealed class MetricValuesTests
{
    private static readonly string[] Keys = ["loss", "eval_loss", "a", "b", ""];

    private static readonly Gen<List<Metric>> Lists =
        Gen.Select(Gen.Int[0, Keys.Length - 1], Gen.Double).Select((key, value) => new Metric(Keys[key], value)).List[0, 8];

    [Fact]
    public void Of_AnyList_HoldsTheLastNumberOfEachKeyInOrder() => Lists.Hold(metrics =>
    {
        var values = MetricValues.Of(metrics);

        var expected = metrics.GroupBy(metric => metric.Key, StringComparer.Ordinal).Select(group => group.Last())
            .OrderBy(metric => metric.Key, StringComparer.Ordinal);
        Assert.Equal(expected, values);
        Assert.Equal(values.Count, values.Count(metric => values[metric.Key].Equals(metric.Value)));
    });

    [Fact]
    public void With_NumberOrNone_LeavesTheOriginalAsItWas()
    {
        var before = MetricValues.None.With("loss", 0);

        var (after, without) = (before.With("loss", double.NaN).With("eval_loss", 2), before.With("loss", null));

        Assert.Equal((0, null), (before["loss"], before["eval_loss"]));
        Assert.Equal((double.NaN, 2), (after["loss"], after["eval_loss"]));
        Assert.Null(without["loss"]);
        Assert.Equal(MetricValues.None, without);
    }

    [Fact]
    public void Equals_SameNumbersInAnotherOrder_IsEqual()
    {
        var (one, other) = (MetricValues.Of([new("a", double.NaN), new("b", 1)]), MetricValues.Of([new("b", 1), new("a", double.NaN)]));

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, other.With("b", 2));
    }
}
