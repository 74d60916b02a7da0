using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Charts;

namespace R1Lab.Web.Tests.Charts;

public sealed class CurveBuilderTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void NextAll_StepsWithoutTheNumber_AreLeftOut()
    {
        var builder = new CurveBuilder(Curve("eval_loss"), new(), Start);

        var points = builder.NextAll([Metric(1, 3), Metric(2, 2, 2.5), Metric(3, 1), Metric(4, 1, double.NaN)]);

        Assert.Equal([new ChartPoint(2, 2.5)], points);
    }

    [Fact]
    public void NextAll_NumbersTheChartComponentFailsOn_AreLeftOut()
    {
        var builder = new CurveBuilder(Curve("loss"), new(), Start);

        var points = builder.NextAll([Metric(1, 3), Metric(2, 1e30), Metric(3, double.PositiveInfinity), Metric(4, 1e28)]);

        Assert.Equal([new(1, 3), new ChartPoint(4, 1e28)], points);
    }

    [Fact]
    public void NextAll_ByTime_CountsMinutesFromTheStart()
    {
        var builder = new CurveBuilder(Curve("loss"), new(Axis: ChartAxis.Time), Start);

        var points = builder.NextAll([Metric(1, 3), Metric(4, 2)]);

        Assert.Equal([new(0.5, 3), new ChartPoint(2, 2)], points);
    }

    // 100 tokens a second, two seconds a step; logged are steps 1, 5 and 6.
    [Fact]
    public void NextAll_ByTokens_CountsTheStepsThatWereNotLogged()
    {
        var builder = new CurveBuilder(Curve("loss"), new(Axis: ChartAxis.Tokens), Start);

        int[] logged = [1, 5, 6];
        var points = builder.NextAll(logged.Select(step => new StepMetrics { Step = step, Loss = 1, TokensPerSecond = 100, SecondsPerStep = 2 }));

        Assert.Equal([200, 1000, 1200], points.Select(point => point.X));
    }

    [Fact]
    public void Next_Smoothed_GoesOnFromTheFirstDraw()
    {
        var settings = new ChartSettings(Smoothing: 0.5);
        var whole = new CurveBuilder(Curve("loss_smoothed"), settings, Start).NextAll([Metric(1, 4), Metric(2, 4), Metric(3, 8)]);
        var grown = new CurveBuilder(Curve("loss_smoothed"), settings, Start);

        IReadOnlyList<ChartPoint> pieces = [.. grown.NextAll([Metric(1, 4), Metric(2, 4)]), .. grown.NextAll([Metric(3, 8)])];

        Assert.Equal(whole, pieces);
    }

    private static RunCurve Curve(string key) => RunChart.All.SelectMany(chart => chart.Curves).Single(curve => curve.Key == key);

    private static StepMetrics Metric(int step, double loss, double? evalLoss = null) =>
        new() { Step = step, Loss = loss, EvalLoss = evalLoss, At = Start.AddSeconds(30 * step) };
}
