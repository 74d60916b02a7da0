using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using Plotly.Blazor;
using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Charts;

/// <summary>One number of several runs in one chart. Like <see cref="MetricChart"/> it is drawn once and then appended to.</summary>
public sealed partial class ComparisonChart
{
    private readonly string _id = $"chart-{Guid.NewGuid():N}";
    private readonly Config _config = PlotlyStyle.Config();
    private PlotlyChart? _plot;
    private Plotly.Blazor.Layout _layout = new();
    private IList<ITrace> _traces = [];
    private List<(int Run, CurveBuilder Builder)> _builders = [];
    private (ChartSettings Settings, bool Dark, int Version)? _shown;
    private int _longest;
    private bool _drawn;
    private bool _redraw;

    [Inject]
    private IStringLocalizer<RunCharts> Text { get; set; } = null!;

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
    public async Task AppendAsync(int run, IReadOnlyList<RunMetric> added)
    {
        if (_plot is null || !_drawn || _redraw) return;
        if (_longest + added.Count > MetricChart.MostPoints) DrawAnew();
        else await ExtendAsync(_plot, run, added);
    }

    protected override bool ShouldRender() => _redraw;

    protected override void OnParametersSet()
    {
        var wanted = (Settings, Dark, Version);
        if (_shown == wanted) return;

        _shown = wanted;
        Build();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!_drawn || !_redraw || _plot is null) return;

        _redraw = false;
        await _plot.React();
    }

    /// <summary>What came between the preparation of the first draw and the browser's answer is drawn now.</summary>
    private void OnDrawn()
    {
        if (_drawn) return;

        _drawn = true;
        _ = InvokeAsync(DrawAnew);
    }

    private void DrawAnew()
    {
        Build();
        StateHasChanged();
    }

    private async Task ExtendAsync(PlotlyChart plot, int run, IReadOnlyList<RunMetric> added)
    {
        var grown = _builders.Select((curve, trace) => (Trace: trace, Points: curve.Run == run ? curve.Builder.NextAll(added) : [])).Where(curve => curve.Points.Count > 0).ToList();
        if (grown.Count == 0) return;

        _longest += grown.Max(curve => curve.Points.Count);
        await plot.ExtendTraces(
            grown.Select(curve => curve.Points.Select(point => (object)point.X)),
            grown.Select(curve => curve.Points.Select(point => (object)point.Y)),
            grown.Select(curve => curve.Trace),
            MetricChart.MostPoints);
    }

    private void Build()
    {
        var palette = ChartPalette.For(Dark);
        var curves = Runs.SelectMany(run => Chart.Curves.Select(curve => (Run: run, Curve: curve with { Color = run.Color }, Builder: new CurveBuilder(curve, Settings, run.Start)))).ToList();
        _builders = [.. curves.Select(curve => (curve.Run.Id, curve.Builder))];
        var points = curves.ConvertAll(curve => PointReduction.MinMax(curve.Builder.NextAll(curve.Run.Metrics)));
        _longest = points.Count == 0 ? 0 : points.Max(curve => curve.Count);
        _traces = [.. curves.Select((curve, index) => (ITrace)Trace(curve.Run, curve.Curve, points[index], palette))];
        _layout = PlotlyStyle.Layout(Chart, traces: 1, Settings, palette); // no legend: the page has one for all charts
        _redraw = true;
    }

    private static Plotly.Blazor.Traces.Scatter Trace(ComparedRun run, RunCurve curve, IReadOnlyList<ChartPoint> points, ChartPalette palette)
    {
        var trace = PlotlyStyle.Trace(curve, run.Name, points, palette);
        if (curve.Style != CurveStyle.Faint) trace.Line.Dash = run.Dash == "0" ? "solid" : string.Join(',', run.Dash.Split(' ').Select(length => $"{length}px"));
        else trace.HoverInfo = Plotly.Blazor.Traces.ScatterLib.HoverInfoFlag.Skip; // the smoothed curve speaks for the run
        return trace;
    }
}
