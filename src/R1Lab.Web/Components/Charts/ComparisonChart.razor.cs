using Microsoft.AspNetCore.Components;
using Plotly.Blazor;
using Plotly.Blazor.Traces;
using Plotly.Blazor.Traces.ScatterLib;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Charts;

/// <summary>One number of several runs in one chart.</summary>
public sealed partial class ComparisonChart
{
    private LiveChart? _live;
    private CurveSet? _curves;

    [Parameter, EditorRequired]
    public required RunChart Chart { get; set; }

    [Parameter, EditorRequired]
    public required IReadOnlyList<ComparedRun> Runs { get; set; }

    [Parameter]
    public ChartSettings Settings { get; set; } = new();

    [Parameter]
    public bool Dark { get; set; }

    /// <summary>Counts up when runs, or their numbers as a whole, were replaced.</summary>
    [Parameter]
    public int Version { get; set; }

    /// <summary>Draws the newest steps of one run, which already stand in its list.</summary>
    public Task AppendAsync(int run, IReadOnlyList<StepMetrics> added) => _live?.AppendAsync(() => _curves?.Next(run, added)) ?? Task.CompletedTask;

    private IReadOnlyList<ITrace> Draw(ChartPalette palette)
    {
        var shown = Runs.SelectMany(run => Chart.Curves.Select(curve => (Run: run, Curve: curve with { Color = run.Color }))).ToList();
        var curves = _curves = new(shown.Select(one => new CurveSource(one.Run.Id, one.Curve, one.Run.Start, one.Run.Metrics)), Settings);
        return [.. shown.Select((one, trace) => Trace(one.Run, one.Curve, curves.Points[trace], palette))];
    }

    private static Scatter Trace(ComparedRun run, RunCurve curve, IReadOnlyList<ChartPoint> points, ChartPalette palette)
    {
        var trace = PlotlyStyle.Trace(curve, run.Name, points, palette);
        if (curve.Style != CurveStyle.Faint) trace.Line.Dash = run.Dash == "0" ? "solid" : string.Join(',', run.Dash.Split(' ').Select(length => $"{length}px"));
        else trace.HoverInfo = HoverInfoFlag.Skip; // the smoothed curve speaks for the run
        return trace;
    }
}
