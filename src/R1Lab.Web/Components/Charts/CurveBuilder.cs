using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Charts;

/// <summary>Turns logged steps, in order, into the points of one curve: the first draw and every later point by the same rule.</summary>
public sealed class CurveBuilder(RunCurve curve, ChartSettings settings, DateTimeOffset start)
{
    private readonly DebiasedAverage? _average = curve.Smoothed ? new(settings.Smoothing) : null;
    private int _lastStep;
    private double _tokens;

    /// <summary>The next point, or null where this step has no such number (or one that cannot be drawn).</summary>
    public ChartPoint? Next(RunMetric metric)
    {
        // A logged number of tokens a second is the mean since the last logged step.
        _tokens += metric.TokensPerSecond * metric.SecondsPerStep * Math.Max(0, metric.Step - _lastStep);
        _lastStep = metric.Step;
        return curve.Value(metric) is { } value && ChartPoint.CanShow(value) ? new(Place(metric), _average?.Next(value) ?? value) : null;
    }

    private double Place(RunMetric metric) => settings.Axis switch
    {
        ChartAxis.Tokens => _tokens,
        ChartAxis.Time => (metric.At - start).TotalMinutes,
        _ => metric.Step,
    };

    public IReadOnlyList<ChartPoint> NextAll(IEnumerable<RunMetric> metrics) =>
        [.. metrics.Select(Next).Where(point => point is not null).Select(point => point!.Value)];
}
