namespace R1Lab.Web.Components.Charts;

/// <summary>One point of a curve; both values finite.</summary>
public readonly record struct ChartPoint(double X, double Y);
