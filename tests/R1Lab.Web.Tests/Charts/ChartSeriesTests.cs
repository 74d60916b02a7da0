using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Charts;

namespace R1Lab.Web.Tests.Charts;

public sealed class ChartSeriesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ChartSettings Raw = new(Smoothing: 0);
    private static readonly RunChart Loss = RunChart.All[0];

    [Fact]
    public void Points_CurvesWithoutNumbers_AreLeftOut()
    {
        var series = new ChartSeries(Loss, Raw, Start, [Step(1), Step(2)], []);

        Assert.Equal(["loss", "loss_smoothed"], series.Curves.Select(curve => curve.Key));
        Assert.Equal([new(1, 9), new(2, 8)], series.Points[0]);
    }

    [Fact]
    public void Points_Marks_StandOnTheSmoothedLossOfTheirStep()
    {
        RunMark[] marks = [Mark(MarkKind.Snapshot, 2), Mark(MarkKind.Snapshot, 3), Mark(MarkKind.Best, 4, 0.5)];

        var series = new ChartSeries(Loss, Raw, Start, [Step(2), Step(4, evaluation: 0.5)], marks);

        Assert.Equal([MarkKind.Best, MarkKind.Snapshot], series.Marks);
        Assert.Equal([new(4, 0.5)], series.Points[3]);
        Assert.Equal([new(2, 8), new(3, 8)], series.Points[4]);
    }

    [Fact]
    public void Points_MarkBeforeTheFirstLoggedStep_StandsOnThatStep()
    {
        var series = new ChartSeries(Loss, Raw with { Axis = ChartAxis.Time }, Start, [Step(10)], [Mark(MarkKind.Resumed, 3)]);

        Assert.Equal([new(3, 0)], series.Points[2]); // three minutes after the start
    }

    [Fact]
    public void Next_StepsAndMarks_GiveWhatIsNewOnly()
    {
        var known = Mark(MarkKind.Snapshot, 1);
        var series = new ChartSeries(Loss, Raw, Start, [Step(1)], [known]);

        var growth = series.Next([Step(2)], [known, Mark(MarkKind.Snapshot, 2)])!;

        Assert.Equal([(0, new ChartPoint(2, 8), false), (1, new(2, 8), false), (2, new(2, 8), false)], growth.Select(grown => (grown.Trace, Assert.Single(grown.Points), grown.OnePlace)));
    }

    [Fact]
    public void Next_BetterEvaluation_MovesTheOneMarkOfTheBest()
    {
        var best = Mark(MarkKind.Best, 1, 0.9);
        var series = new ChartSeries(Loss, Raw, Start, [Step(1, evaluation: 0.9)], [best]);

        var growth = series.Next([Step(2, evaluation: 0.8)], [Mark(MarkKind.Best, 2, 0.8)])!;

        var moved = Assert.Single(growth, grown => grown.OnePlace);
        Assert.Equal((3, new ChartPoint(2, 0.8)), (moved.Trace, Assert.Single(moved.Points)));
    }

    [Fact]
    public void Next_FirstEvaluationOrNewKindOfMark_AsksForANewDrawing()
    {
        var series = new ChartSeries(Loss, Raw, Start, [Step(1)], []);

        Assert.Null(series.Next([Step(2, evaluation: 1)], []));
        Assert.Null(new ChartSeries(Loss, Raw, Start, [Step(1)], []).Next([], [Mark(MarkKind.Replanned, 1)]));
    }

    [Fact]
    public void Next_FullChart_AsksForANewDrawing()
    {
        var series = new ChartSeries(Loss, Raw, Start, [.. Enumerable.Range(1, PointReduction.FirstDraw).Select(step => Step(step))], []);

        Assert.NotNull(series.Next([.. Enumerable.Range(1, 500).Select(step => Step(step + PointReduction.FirstDraw))], []));
        Assert.Null(series.Next([Step(9999)], []));
    }

    [Fact]
    public void Of_EventsAndSkippedSteps_BecomeMarks()
    {
        StepMetrics[] metrics = [Step(1), Step(2, skipped: 1), Step(3, skipped: 1, evaluation: 0.7), Step(4, skipped: 3)];
        RunEvent[] events = [Event("started", 0), Event("snapshot_saved", 2), Event("micro_batch_halved", 3), Event("resumed", 3)];

        var marks = RunMark.Of(metrics, events, metrics[2]);

        Assert.Equal(
            [(MarkKind.Best, 3), (MarkKind.Snapshot, 2), (MarkKind.Replanned, 3), (MarkKind.Resumed, 3), (MarkKind.Skipped, 2), (MarkKind.Skipped, 4)],
            marks.Select(mark => (mark.Kind, mark.Step)));
        Assert.Equal(0.7, marks[0].Height);
    }

    [Theory]
    [InlineData(new[] { 1.0, 2, 3 }, "3,15 48,9 93,3")]
    [InlineData(new[] { 5.0, double.NaN, 4 }, "3,3|93,6.6")]
    [InlineData(new[] { 7.0 }, "48,3")]
    [InlineData(new[] { 0.0, 0.0 }, "3,21 93,21")]
    [InlineData(new double[0], "")]
    public void SparklinePath_Numbers_FillTheBoxAndBreakWhereOneIsMissing(double[] values, string expected)
    {
        var lines = SparklinePath.Of([.. values.Select(value => double.IsNaN(value) ? (double?)null : value)], 96, 24);

        Assert.Equal(expected, string.Join('|', lines.Select(line => string.Join(' ', line.Select(point => FormattableString.Invariant($"{point.X:0.##},{point.Y:0.##}"))))));
    }

    private static StepMetrics Step(int step, double? evaluation = null, int skipped = 0) =>
        new() { Step = step, Loss = 10 - step, EvalLoss = evaluation, SkippedSteps = skipped, At = Start.AddMinutes(step) };

    private static RunMark Mark(MarkKind kind, int step, double? height = null) => new(kind, step, Start.AddMinutes(step), height);

    private static RunEvent Event(string kind, int step) => new() { Kind = kind, Step = step, Message = "", At = Start };
}
