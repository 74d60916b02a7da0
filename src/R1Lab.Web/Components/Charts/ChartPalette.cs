using R1Lab.Web.Components.Layout;

namespace R1Lab.Web.Components.Charts;

/// <summary>Colours of charts in both themes; a curve keeps its place, and curves differ by dash and marker too.</summary>
public sealed record ChartPalette(string Surface, string Text, string Secondary, string Grid, IReadOnlyList<string> Series)
{
    public static ChartPalette Light { get; } = new("#FFFFFF", "#1F2328", "#57606A", "#E4E8ED", LabTheme.LightSeries);

    public static ChartPalette Dark { get; } = new("#171B21", "#E6EDF3", "#9DA7B3", "#2A313A", LabTheme.DarkSeries);

    public static ChartPalette For(bool dark) => dark ? Dark : Light;
}
