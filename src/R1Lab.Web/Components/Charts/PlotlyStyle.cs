using Plotly.Blazor;
using Plotly.Blazor.ConfigLib;
using Plotly.Blazor.LayoutLib;
using Plotly.Blazor.Traces;
using Plotly.Blazor.Traces.ScatterLib;
using HoverLabel = Plotly.Blazor.LayoutLib.HoverLabel;
using LegendLib = Plotly.Blazor.LayoutLib.LegendLib;
using MarkerLib = Plotly.Blazor.Traces.ScatterLib.MarkerLib;
using XAxisType = Plotly.Blazor.LayoutLib.XAxisLib;
using YAxisType = Plotly.Blazor.LayoutLib.YAxisLib;

namespace R1Lab.Web.Components.Charts;

/// <summary>How our charts look, in the words of the chart library.</summary>
internal static class PlotlyStyle
{
    private const string Fonts = "system-ui, \"Segoe UI\", \"PingFang SC\", \"Microsoft YaHei\", \"Noto Sans CJK SC\", sans-serif";

    public static Config Config() => new() { Responsive = true, DisplayLogo = false, DisplayModeBar = DisplayModeBarEnum.False };

    public static Scatter Trace(RunCurve curve, string name, IReadOnlyList<ChartPoint> points, ChartPalette palette)
    {
        var color = palette.Series[curve.Color];
        return new Scatter
        {
            Name = name,
            X = [.. points.Select(point => (object)point.X)],
            Y = [.. points.Select(point => (object)point.Y)],
            Mode = curve.Style == CurveStyle.Marked ? ModeFlag.Lines | ModeFlag.Markers : ModeFlag.Lines,
            Opacity = curve.Style == CurveStyle.Faint ? 0.35m : 1m,
            Line = new Line { Color = color, Width = curve.Style == CurveStyle.Faint ? 1m : 2m, Dash = DashOf(curve.Style) },
            Marker = curve.Style == CurveStyle.Marked ? new Marker { Color = color, Size = 7, Symbol = MarkerLib.SymbolEnum.Diamond } : null,
        };
    }

    /// <summary>Marks stand on the curve; under the pointer they say their name only.</summary>
    public static Scatter Marks(MarkKind kind, string name, IReadOnlyList<ChartPoint> points, ChartPalette palette)
    {
        var (symbol, series) = kind switch
        {
            MarkKind.Best => (MarkerLib.SymbolEnum.Star, 1),
            MarkKind.Snapshot => (MarkerLib.SymbolEnum.TriangleUp, 2),
            MarkKind.Replanned => (MarkerLib.SymbolEnum.Square, 3),
            MarkKind.Skipped => (MarkerLib.SymbolEnum.X, 4),
            _ => (MarkerLib.SymbolEnum.CircleOpen, 5),
        };
        return new Scatter
        {
            Name = name,
            X = [.. points.Select(point => (object)point.X)],
            Y = [.. points.Select(point => (object)point.Y)],
            Mode = ModeFlag.Markers,
            Marker = new Marker { Color = palette.Series[series], Size = kind == MarkKind.Best ? 13 : 9, Symbol = symbol, Line = new() { Color = palette.Surface, Width = 1 } },
            HoverInfo = HoverInfoFlag.Name,
        };
    }

    private static string DashOf(CurveStyle style) => style switch
    {
        CurveStyle.Marked => "dot",
        CurveStyle.Dashed => "dash",
        _ => "solid",
    };

    public static Plotly.Blazor.Layout Layout(RunChart chart, bool legend, ChartSettings settings, ChartPalette palette) => new()
    {
        AutoSize = true,
        PaperBgColor = palette.Surface,
        PlotBgColor = palette.Surface,
        Font = new Font { Family = Fonts, Size = 12, Color = palette.Secondary },
        Margin = new Margin { L = 56, R = 12, T = 8, B = 32 },
        HoverMode = HoverModeEnum.XUnified,
        HoverLabel = new HoverLabel { BgColor = palette.Surface, BorderColor = palette.Grid, Font = new() { Color = palette.Text, Size = 12 } },
        ShowLegend = legend,
        Legend = [new Legend { Orientation = LegendLib.OrientationEnum.H, X = 0, Y = 1, YAnchor = LegendLib.YAnchorEnum.Bottom, Font = new() { Color = palette.Text } }],
        XAxis = [new XAxis { GridColor = palette.Grid, ZeroLine = false, LineColor = palette.Grid, Type = XAxisType.TypeEnum.Linear, HoverFormat = settings.Axis == ChartAxis.Time ? ".2f" : ",.0f" }],
        YAxis = [new YAxis
        {
            GridColor = palette.Grid,
            ZeroLine = false,
            HoverFormat = chart.HoverFormat,
            TickFormat = chart.TickFormat,
            Type = settings.LogScale && chart.LogScaleAllowed ? YAxisType.TypeEnum.Log : YAxisType.TypeEnum.Linear,
        }],
    };
}
