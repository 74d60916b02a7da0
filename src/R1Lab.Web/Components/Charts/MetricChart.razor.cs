using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using Plotly.Blazor;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Charts;

/// <summary>One chart of a run: its curves, and the marks on them.</summary>
public sealed partial class MetricChart
{
    private LiveChart? _live;
    private ChartSeries? _series;

    [Inject]
    private IStringLocalizer<RunCharts> Text { get; set; } = null!;

    [Parameter, EditorRequired]
    public required RunChart Chart { get; set; }

    /// <summary>Every logged step so far; the page owns the list and appends to it.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<StepMetrics> Metrics { get; set; }

    [Parameter, EditorRequired]
    public required DateTimeOffset Start { get; set; }

    /// <summary>What happened at which step.</summary>
    [Parameter]
    public IReadOnlyList<RunMark> Marks { get; set; } = [];

    [Parameter]
    public ChartSettings Settings { get; set; } = new();

    [Parameter]
    public bool Dark { get; set; }

    /// <summary>Counts up when <see cref="Metrics"/> was replaced as a whole.</summary>
    [Parameter]
    public int Version { get; set; }

    /// <summary>Draws what came since the last call; it already stands in <see cref="Metrics"/> and <see cref="Marks"/>.</summary>
    public Task AppendAsync(IReadOnlyList<StepMetrics> added) => _live?.AppendAsync(() => _series?.Next(added, Marks)) ?? Task.CompletedTask;

    private IReadOnlyList<ITrace> Draw(ChartPalette palette)
    {
        var series = _series = new(Chart, Settings, Start, Metrics, Marks);
        var curves = series.Curves.Select((curve, trace) => PlotlyStyle.Trace(curve, NameOf(curve), series.Points[trace], palette));
        var marks = series.Marks.Select((kind, place) => PlotlyStyle.Marks(kind, Text[$"Mark_{kind}"], series.Points[series.Curves.Count + place], palette));
        return [.. curves, .. marks];
    }

    private string NameOf(RunCurve curve)
    {
        string name = Text[$"Metric_{curve.Metric}"];
        return curve.Smoothed ? Text["Smoothed", name] : name;
    }
}
