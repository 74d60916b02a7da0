using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Charts;

/// <summary>Turns logged steps, in order, into the points of one curve: the first draw and every later point by the same rule.</summary>
public sealed class CurveBuilder(RunCurve curve, ChartSettings settings, DateTimeOffset start)
{
    private readonly DebiasedAverage? _average = curve.Smoothed ? new(settings.Smoothing) : null;

    /// <summary>The next point, or null where this step has no such number (or one that cannot be drawn).</summary>
    public ChartPoint? Next(RunMetric metric)
    {
        if (curve.Value(metric) is not { } value || !double.IsFinite(value)) return null;

        var x = settings.Axis == ChartAxis.Step ? metric.Step : (metric.At - start).TotalMinutes;
        return new(x, _average?.Next(value) ?? value);
    }

    public IReadOnlyList<ChartPoint> NextAll(IEnumerable<RunMetric> metrics) =>
        [.. metrics.Select(Next).Where(point => point is not null).Select(point => point!.Value)];
}
