namespace R1Lab.Web.Components.Charts;

/// <summary>Colours of charts in both themes; a curve keeps its place, and curves differ by dash and marker too.</summary>
public sealed record ChartPalette(string Surface, string Text, string Secondary, string Grid, IReadOnlyList<string> Series)
{
    public static ChartPalette Light { get; } = new("#FFFFFF", "#1F2328", "#57606A", "#E4E8ED",
        ["#0072B2", "#D55E00", "#00785A", "#B5478C", "#8A6D00", "#5B5FC7", "#5A6472"]);

    public static ChartPalette Dark { get; } = new("#171B21", "#E6EDF3", "#9DA7B3", "#2A313A",
        ["#56B4E9", "#F28E2B", "#2CC295", "#E58FC0", "#F0C94A", "#A5A8FF", "#B6C0CC"]);

    public static ChartPalette For(bool dark) => dark ? Dark : Light;
}
