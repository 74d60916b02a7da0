using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Charts;

namespace R1Lab.Web.Tests.Charts;

public sealed class CurveSetTests
{
    private static readonly RunCurve Loss = new("loss", metric => metric.Loss, 0);
    private static readonly RunCurve EvalLoss = new("eval_loss", metric => metric.EvalLoss, 1);

    [Fact]
    public void Points_TwoRuns_CountMinutesEachFromItsOwnStart()
    {
        var set = new CurveSet([Source(3, Loss, 1), Source(5, Loss, 2) with { Start = Start.AddMinutes(1) }], new(Axis: ChartAxis.Time));

        Assert.Equal([new ChartPoint(1, 1)], set.Points[0]);
        Assert.Equal([new(0, 1), new ChartPoint(1, 2)], set.Points[1]);
    }

    [Fact]
    public void Next_StepsOfOneRun_GrowItsCurvesThatHaveTheNumberOnly()
    {
        var set = new CurveSet([Source(3, Loss, 1), Source(5, Loss, 1), Source(5, EvalLoss, 1)], new());

        var growth = Assert.Single(set.Next(5, [Step(2), Step(3)])!);

        Assert.Equal((1, false), (growth.Trace, growth.OnePlace));
        Assert.Equal([new(2, 2), new ChartPoint(3, 3)], growth.Points);
    }

    [Fact]
    public void Next_RunThatIsNotShown_GrowsNothing() => Assert.Empty(new CurveSet([Source(3, Loss, 1)], new()).Next(4, [Step(2)])!);

    [Fact]
    public void Next_CurveThatWouldHoldTooMany_AsksForANewDrawingWhileAnotherStillGrows()
    {
        var set = new CurveSet([Source(3, Loss, 1), Source(5, Loss, CurveSet.MostPoints * 2)], new());
        var room = CurveSet.MostPoints - set.Points[1].Count;

        Assert.NotNull(set.Next(5, [.. Enumerable.Range(5000, room).Select(Step)]));
        Assert.NotNull(set.Next(3, [Step(2)]));
        Assert.Null(set.Next(5, [Step(9999)]));
    }

    private static DateTimeOffset Start => DateTimeOffset.UnixEpoch;

    private static CurveSource Source(int run, RunCurve curve, int steps) => new(run, curve, Start, [.. Enumerable.Range(1, steps).Select(Step)]);

    private static StepMetrics Step(int step) => new() { Step = step, Loss = step, At = Start.AddMinutes(step) };
}
