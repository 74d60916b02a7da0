using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Components.Charts;

public enum CurveStyle { Faint, Plain, Dashed, Marked }

/// <summary>One curve: which number of a logged step it shows, and how.</summary>
/// <param name="Key">Its name among the curves of its chart.</param>
/// <param name="Color">Position in <see cref="ChartPalette.Series"/>.</param>
public sealed record RunCurve(string Key, Func<StepMetrics, double?> Value, int Color, CurveStyle Style = CurveStyle.Plain, bool Smoothed = false)
{
    /// <summary>The metric it shows: its text is <c>Metric_&lt;key&gt;</c>.</summary>
    public string Metric { get; init; } = Key;
}

/// <summary>One chart of the run page with its curves.</summary>
/// <param name="LogScaleAllowed">Whether the switch of the toolbar means this chart.</param>
/// <param name="HoverFormat">How a number is shown under the pointer (d3 format).</param>
/// <param name="TickFormat">How the axis shows numbers; null leaves it to the chart.</param>
public sealed record RunChart(string Key, bool LogScaleAllowed, string HoverFormat, string? TickFormat, params IReadOnlyList<RunCurve> Curves)
{
    /// <summary>Shown as soon as the run is, and not only when there are numbers for it.</summary>
    public bool Always { get; init; }

    public static IReadOnlyList<RunChart> All { get; } = Of(MetricDefinitions.All);

    /// <summary>Key of the title's text: a chart of one metric has the metric's name.</summary>
    public string TitleKey => Curves.All(curve => curve.Metric == Key) ? $"Metric_{Key}" : $"Chart_{Key}";

    /// <summary>The charts of a run: metrics of one chart share it, in the order of the definitions.</summary>
    public static IReadOnlyList<RunChart> Of(IReadOnlyList<MetricDefinition> definitions) =>
    [
        .. definitions.Where(definition => definition.Chart is not null).GroupBy(definition => definition.Chart!)
            .Select(group => Of(group.Key, [.. group])),
    ];

    /// <summary>The charts of a comparison: each number has its own, because every run brings a curve.</summary>
    public static IReadOnlyList<RunChart> ForComparison(IReadOnlyList<MetricDefinition> definitions) =>
        [.. definitions.Where(definition => definition.InComparison).Select(definition => Of(definition.Key, [definition]))];

    /// <summary>Whether there is anything to show.</summary>
    public bool HasNumbers(IReadOnlyList<StepMetrics> metrics) => CurvesWithNumbers(metrics).Count > 0;

    public IReadOnlyList<RunCurve> CurvesWithNumbers(IReadOnlyList<StepMetrics> metrics) =>
        [.. Curves.Where(curve => metrics.Any(metric => curve.Value(metric) is { } value && ChartPoint.CanShow(value)))];

    private static RunChart Of(string key, IReadOnlyList<MetricDefinition> definitions)
    {
        var format = MetricFormat.Of(definitions[0].Unit);
        var curves = definitions.SelectMany((definition, index) => CurvesOf(definition, index > 0));
        var always = definitions.Any(definition => !definition.Optional);
        return new(key, definitions[0].LogScale, format.Hover, format.Tick, [.. curves]) { Always = always };
    }

    /// <summary>
    /// A smoothed metric stands behind its average. Evaluations are few: each has a marker. Other metrics that join the first of a chart are dashed.
    /// </summary>
    private static IEnumerable<RunCurve> CurvesOf(MetricDefinition definition, bool joins)
    {
        var (key, scale) = (definition.Key, MetricFormat.Of(definition.Unit).ChartScale);
        var style = definition.Phase == MetricPhase.Evaluation ? CurveStyle.Marked : joins ? CurveStyle.Dashed : CurveStyle.Plain;
        var curve = new RunCurve(key, step => step.Values[key] * scale, definition.Series, style);
        if (!definition.Smoothed) return [curve];
        return [curve with { Style = CurveStyle.Faint }, curve with { Key = $"{key}_smoothed", Smoothed = true }];
    }
}
