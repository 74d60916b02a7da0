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
    private ChartSeries? _series;
    private (ChartSettings Settings, bool Dark, int Version)? _shown;
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
    public async Task AppendAsync(IReadOnlyList<RunMetric> added)
    {
        if (_plot is null || _series is null || !_drawn || _redraw) return;
        if (_series.Next(added, Marks) is { } growth) await ExtendAsync(_plot, growth);
        else DrawAnew();
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

    private static async Task ExtendAsync(PlotlyChart plot, IReadOnlyList<ChartGrowth> growth)
    {
        foreach (var group in growth.GroupBy(grown => grown.OnePlace ? 1 : MostPoints))
        {
            await plot.ExtendTraces(
                group.Select(grown => grown.Points.Select(point => (object)point.X)),
                group.Select(grown => grown.Points.Select(point => (object)point.Y)),
                group.Select(grown => grown.Trace),
                group.Key);
        }
    }

    private void Build()
    {
        var palette = ChartPalette.For(Dark);
        var series = _series = new(Chart, Settings, Start, Metrics, Marks);
        var curves = series.Curves.Select((curve, trace) => PlotlyStyle.Trace(curve, Text[$"Curve_{curve.Key}"], series.Points[trace], palette));
        var marks = series.Marks.Select((kind, place) => PlotlyStyle.Marks(kind, Text[$"Mark_{kind}"], series.Points[series.Curves.Count + place], palette));
        _traces = [.. curves, .. marks];
        _layout = PlotlyStyle.Layout(Chart, _traces.Count, Settings, palette);
        _redraw = true;
    }
}
