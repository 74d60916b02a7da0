using System.Globalization;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Components.Charts;

/// <summary>One number that stands for a whole curve.</summary>
internal static class MetricFigures
{
    /// <returns>With its unit; null where the run has no such number.</returns>
    public static string? Show(MetricDefinition definition, IReadOnlyList<StepMetrics> steps)
    {
        var values = steps.Select(step => step.Values[definition.Key]).OfType<double>().ToList();
        if (Of(definition.Figure, values) is not { } figure) return null;

        var format = MetricFormat.Of(definition.Unit);
        var text = (figure * format.CellScale).ToString(format.Cell, CultureInfo.CurrentCulture);
        return format.Symbol is { } symbol ? $"{text} {symbol}" : text;
    }

    private static double? Of(MetricFigure? figure, List<double> values) => figure switch
    {
        MetricFigure.Last => values.Count > 0 ? values[^1] : null,
        MetricFigure.Median => Median([.. values.Where(value => value > 0).Order()]),
        MetricFigure.Most => values.Count > 0 ? values.Max() : null,
        _ => null,
    };

    private static double? Median(List<double> sorted) => sorted.Count > 0 ? sorted[sorted.Count / 2] : null;
}
