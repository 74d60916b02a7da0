namespace R1Lab.Web.Components.Charts;

/// <summary>One point of a curve; both values can be drawn.</summary>
public readonly record struct ChartPoint(double X, double Y)
{
    // The chart component passes numbers on as decimals, which end at 7.9e28; a gradient that explodes goes beyond before it is infinite.
    private const double Largest = 1e28;

    /// <summary>Whether a chart can show the value.</summary>
    public static bool CanShow(double value) => Math.Abs(value) <= Largest;
}
