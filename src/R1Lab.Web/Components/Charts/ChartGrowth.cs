namespace R1Lab.Web.Components.Charts;

/// <summary>New points of one trace. A trace of one place shows its newest point only.</summary>
public readonly record struct ChartGrowth(int Trace, IReadOnlyList<ChartPoint> Points, bool OnePlace = false);
