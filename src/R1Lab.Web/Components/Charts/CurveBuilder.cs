using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Components.Charts;

/// <summary>Turns logged steps, in order, into the points of one curve: the first draw and every later point by the same rule.</summary>
public sealed class CurveBuilder(RunCurve curve, ChartSettings settings, DateTimeOffset start)
{
    private readonly DebiasedAverage? _average = curve.Smoothed ? new(settings.Smoothing) : null;
    private int _lastStep;
    private double _tokens;

    /// <summary>The next point, or null where this step has no such number (or one that cannot be drawn).</summary>
    public ChartPoint? Next(StepMetrics metric)
    {
        // A logged number of tokens a second is the mean since the last logged step.
        var perStep = (metric.Values[MetricKeys.TokensPerSecond] ?? 0) * (metric.Values[MetricKeys.SecondsPerStep] ?? 0);
        _tokens += perStep * Math.Max(0, metric.Step - _lastStep);
        _lastStep = metric.Step;
        return curve.Value(metric) is { } value && ChartPoint.CanShow(value) ? new(Place(metric), _average?.Next(value) ?? value) : null;
    }

    private double Place(StepMetrics metric) => settings.Axis switch
    {
        ChartAxis.Tokens => _tokens,
        ChartAxis.Time => (metric.At - start).TotalMinutes,
        _ => metric.Step,
    };

    public IReadOnlyList<ChartPoint> NextAll(IEnumerable<StepMetrics> metrics) =>
        [.. metrics.Select(Next).Where(point => point is not null).Select(point => point!.Value)];
}
