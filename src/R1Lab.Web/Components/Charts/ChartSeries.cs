using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Charts;

/// <summary>
/// The points of one chart: a trace for each curve that has numbers, then one for each kind of mark that occurs. Built once from everything
/// known, it then says what to append.
/// </summary>
public sealed class ChartSeries
{
    private const int OneRun = 0;

    private readonly RunChart _chart;
    private readonly ChartSettings _settings;
    private readonly DateTimeOffset _start;
    private readonly CurveSet _curves;
    private readonly CurveBuilder? _ground;
    private readonly List<(int Step, double Height)> _heights = [];
    private readonly HashSet<RunMark> _drawn;

    public ChartSeries(RunChart chart, ChartSettings settings, DateTimeOffset start, IReadOnlyList<StepMetrics> metrics, IReadOnlyList<RunMark> marks)
    {
        (_chart, _settings, _start) = (chart, settings, start);
        Curves = chart.CurvesWithNumbers(metrics);
        _curves = new(Curves.Select(curve => new CurveSource(OneRun, curve, start, metrics)), settings);
        _ground = Curves.FirstOrDefault(curve => curve.Smoothed) is { } smoothed ? new(smoothed, settings, start) : null;
        Rise(metrics);
        _drawn = [.. marks];
        Marks = [.. marks.Select(mark => mark.Kind).Distinct().Order()];
        Points = [.. _curves.Points, .. Marks.Select(kind => Place(marks.Where(mark => mark.Kind == kind)))];
    }

    public IReadOnlyList<RunCurve> Curves { get; }

    /// <summary>Their traces stand behind those of the curves.</summary>
    public IReadOnlyList<MarkKind> Marks { get; }

    /// <summary>What every trace begins with.</summary>
    public IReadOnlyList<IReadOnlyList<ChartPoint>> Points { get; }

    /// <summary>What came since the last call, or null where the chart must be drawn anew: it is full, or a curve or kind of mark is new.</summary>
    /// <param name="added">Steps logged since.</param>
    /// <param name="marks">All marks of the run.</param>
    public IReadOnlyList<ChartGrowth>? Next(IReadOnlyList<StepMetrics> added, IReadOnlyList<RunMark> marks)
    {
        if (_chart.CurvesWithNumbers(added).Except(Curves).Any() || _curves.Next(OneRun, added) is not { } curves) return null;

        Rise(added);
        var fresh = marks.Where(mark => !_drawn.Contains(mark)).ToList();
        if (fresh.Exists(mark => !Marks.Contains(mark.Kind))) return null;

        _drawn.UnionWith(fresh);
        var marked = Marks.Select((kind, place) => new ChartGrowth(Curves.Count + place, Place(fresh.Where(mark => mark.Kind == kind)), kind == MarkKind.Best));
        return [.. curves, .. marked.Where(growth => growth.Points.Count > 0)];
    }

    private void Rise(IReadOnlyList<StepMetrics> metrics)
    {
        foreach (var metric in metrics)
        {
            if (_ground?.Next(metric) is { } point) _heights.Add((metric.Step, point.Y));
        }
    }

    private IReadOnlyList<ChartPoint> Place(IEnumerable<RunMark> marks) =>
        [.. marks.OrderBy(mark => mark.Step).Select(Place).Where(point => point is not null).Select(point => point!.Value)];

    private ChartPoint? Place(RunMark mark) => (mark.Height ?? Ground(mark.Step)) is { } height && ChartPoint.CanShow(height)
        ? new(_settings.Axis == ChartAxis.Step ? mark.Step : (mark.At - _start).TotalMinutes, height)
        : null;

    /// <summary>The smoothed loss of the last logged step up to this one, or of the first.</summary>
    private double? Ground(int step)
    {
        var place = _heights.BinarySearch((step, double.PositiveInfinity));
        return _heights.Count == 0 ? null : _heights[Math.Max(0, ~place - 1)].Height;
    }
}
