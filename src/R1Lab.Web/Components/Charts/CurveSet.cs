using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Charts;

/// <summary>Where a curve of a chart takes its points from.</summary>
/// <param name="Run">Number of the run; runs in one chart grow each for itself.</param>
/// <param name="Metrics">Its logged steps so far, in order.</param>
public sealed record CurveSource(int Run, RunCurve Curve, DateTimeOffset Start, IReadOnlyList<StepMetrics> Metrics);

/// <summary>The points of the curves of one chart, a trace each. Built once from everything known, it then says what to append until a curve is full.</summary>
public sealed class CurveSet
{
    /// <summary>Points a curve may hold in the browser before it is thinned out again.</summary>
    public const int MostPoints = 2000;

    private readonly List<(int Run, CurveBuilder Builder)> _curves;
    private readonly int[] _counts;

    public CurveSet(IEnumerable<CurveSource> sources, ChartSettings settings)
    {
        var curves = sources.Select(source => (Source: source, Builder: new CurveBuilder(source.Curve, settings, source.Start))).ToList();
        _curves = curves.ConvertAll(curve => (curve.Source.Run, curve.Builder));
        Points = curves.ConvertAll(curve => PointReduction.MinMax(curve.Builder.NextAll(curve.Source.Metrics)));
        _counts = [.. Points.Select(points => points.Count)];
    }

    /// <summary>What every trace begins with.</summary>
    public IReadOnlyList<IReadOnlyList<ChartPoint>> Points { get; }

    /// <summary>The new points of the traces that have some, or null where one would hold too many: all must be thinned out and drawn anew.</summary>
    /// <param name="added">Steps the run logged since.</param>
    public IReadOnlyList<ChartGrowth>? Next(int run, IReadOnlyList<StepMetrics> added)
    {
        var grown = new List<ChartGrowth>();
        for (var trace = 0; trace < _curves.Count; trace++)
        {
            if (_curves[trace].Run != run) continue;

            var points = _curves[trace].Builder.NextAll(added);
            if ((_counts[trace] += points.Count) > MostPoints) return null;
            if (points.Count > 0) grown.Add(new(trace, points));
        }

        return grown;
    }
}
