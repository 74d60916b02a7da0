using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using Plotly.Blazor;
using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Charts;

/// <summary>
/// One chart of a run. It is drawn once from what is known and then only appended to; a change of its settings or of the theme draws it anew, and
/// so does the moment when the appended points would fill it.
/// </summary>
public sealed partial class MetricChart
{
    /// <summary>Points a curve may hold in the browser before it is thinned out again.</summary>
    internal const int MostPoints = 2000;

    private readonly string _id = $"chart-{Guid.NewGuid():N}";
    private PlotlyChart? _plot;
    private readonly Config _config = PlotlyStyle.Config();
    private Plotly.Blazor.Layout _layout = new();
    private IList<ITrace> _traces = [];
    private List<CurveBuilder> _builders = [];
    private (ChartSettings Settings, bool Dark, int Version)? _shown;
    private int _longest;
    private bool _drawn;
    private bool _redraw;

    [Inject]
    private IStringLocalizer<RunCharts> Text { get; set; } = null!;

    [Parameter, EditorRequired]
    public required RunChart Chart { get; set; }

    /// <summary>Every logged step so far; the page owns the list and appends to it.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<RunMetric> Metrics { get; set; }

    [Parameter, EditorRequired]
    public required DateTimeOffset Start { get; set; }

    [Parameter]
    public ChartSettings Settings { get; set; } = new();

    [Parameter]
    public bool Dark { get; set; }

    /// <summary>Counts up when <see cref="Metrics"/> was replaced as a whole.</summary>
    [Parameter]
    public int Version { get; set; }

    /// <summary>Draws the steps that came since the last call; they already stand in <see cref="Metrics"/>.</summary>
    public async Task AppendAsync(IReadOnlyList<RunMetric> added)
    {
        if (_plot is null || !_drawn || _redraw) return;
        if (_longest + added.Count > MostPoints) DrawAnew();
        else await ExtendAsync(_plot, [.. _builders.Select(builder => builder.NextAll(added))]);
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

    private async Task ExtendAsync(PlotlyChart plot, IReadOnlyList<IReadOnlyList<ChartPoint>> points)
    {
        var grown = Enumerable.Range(0, points.Count).Where(curve => points[curve].Count > 0).ToList();
        if (grown.Count == 0) return;

        _longest += grown.Max(curve => points[curve].Count);
        await plot.ExtendTraces(
            grown.Select(curve => points[curve].Select(point => (object)point.X)),
            grown.Select(curve => points[curve].Select(point => (object)point.Y)),
            grown,
            MostPoints);
    }

    private void Build()
    {
        var palette = ChartPalette.For(Dark);
        _builders = [.. Chart.Curves.Select(curve => new CurveBuilder(curve, Settings, Start))];
        var points = _builders.Select(builder => PointReduction.MinMax(builder.NextAll(Metrics))).ToList();
        _longest = points.Max(curve => curve.Count);
        _traces = [.. Chart.Curves.Select((curve, index) => (ITrace)PlotlyStyle.Trace(curve, Text[$"Curve_{curve.Key}"], points[index], palette))];
        _layout = PlotlyStyle.Layout(Chart, Settings, palette);
        _redraw = true;
    }
}
