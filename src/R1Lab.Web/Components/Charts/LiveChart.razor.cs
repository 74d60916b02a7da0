using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using Plotly.Blazor;

namespace R1Lab.Web.Components.Charts;

/// <summary>
/// A chart that is drawn once from what is known and then only appended to; a change of its settings or of the theme draws it anew, and so does the
/// moment when the appended points would fill it.
/// </summary>
public sealed partial class LiveChart
{
    private readonly string _id = $"chart-{Guid.NewGuid():N}";
    private readonly Config _config = PlotlyStyle.Config();
    private PlotlyChart? _plot;
    private Plotly.Blazor.Layout _layout = new();
    private IList<ITrace> _traces = [];
    private (ChartSettings Settings, bool Dark, int Version)? _shown;
    private bool _drawn;
    private bool _redraw;

    [Inject]
    private IStringLocalizer<RunCharts> Text { get; set; } = null!;

    [Parameter, EditorRequired]
    public required RunChart Chart { get; set; }

    /// <summary>Makes every trace from all that is known now.</summary>
    [Parameter, EditorRequired]
    public required Func<ChartPalette, IReadOnlyList<ITrace>> Draw { get; set; }

    /// <summary>Whether several traces are named above the chart.</summary>
    [Parameter]
    public bool Legend { get; set; } = true;

    [Parameter]
    public ChartSettings Settings { get; set; } = new();

    [Parameter]
    public bool Dark { get; set; }

    /// <summary>Counts up when what is drawn was replaced as a whole.</summary>
    [Parameter]
    public int Version { get; set; }

    /// <summary>Draws what came since the last call; <see cref="Draw"/> already knows it.</summary>
    /// <param name="next">The new points of the traces drawn last, or null where the chart must be drawn anew. Asked only when they can be appended.</param>
    public async Task AppendAsync(Func<IReadOnlyList<ChartGrowth>?> next)
    {
        if (_plot is null || !_drawn) return;
        if (!_redraw && next() is { } growth) await ExtendAsync(_plot, growth);
        else DrawAnew(); // also while a drawing is on its way to the browser: it was made without these points
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

    private void Build()
    {
        var palette = ChartPalette.For(Dark);
        _traces = [.. Draw(palette)];
        _layout = PlotlyStyle.Layout(Chart, Legend && _traces.Count > 1, Settings, palette);
        _redraw = true;
    }

    private static async Task ExtendAsync(PlotlyChart plot, IReadOnlyList<ChartGrowth> growth)
    {
        foreach (var group in growth.GroupBy(grown => grown.OnePlace ? 1 : CurveSet.MostPoints))
        {
            await plot.ExtendTraces(
                group.Select(grown => grown.Points.Select(point => (object)point.X)),
                group.Select(grown => grown.Points.Select(point => (object)point.Y)),
                group.Select(grown => grown.Trace),
                group.Key);
        }
    }
}
