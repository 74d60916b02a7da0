using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Components.Charts;

/// <summary>One of several runs in the same charts.</summary>
/// <param name="Color">Place in <see cref="ChartPalette.Series"/>; the run keeps it in every chart and table.</param>
/// <param name="Metrics">Every logged step so far, in order; the page appends to it.</param>
public sealed record ComparedRun(int Id, string Name, int Color, DateTimeOffset Start, List<StepMetrics> Metrics)
{
    private static readonly string[] Dashes = ["0", "8 4", "3 3", "8 3 3 3", "12 4", "12 3 3 3", "1 3"];

    /// <summary>Lengths of strokes and gaps in pixels, so that curves can be told apart without their colours; "0" is an unbroken line.</summary>
    public string Dash => Dashes[Color % Dashes.Length];

    /// <summary>The charts of a comparison.</summary>
    public static IReadOnlyList<RunChart> Charts { get; } = RunChart.ForComparison(MetricDefinitions.All);

    /// <summary>
    /// A colour for each run. It follows from the run's number, so that a run looks the same in every comparison; only where two would share one, the
    /// younger takes the next that is free.
    /// </summary>
    /// <returns>Places in a palette of <paramref name="colors"/>, in the order of <paramref name="runs"/>.</returns>
    public static IReadOnlyList<int> ColorsOf(IReadOnlyList<int> runs, int colors)
    {
        var taken = new Dictionary<int, int>();
        foreach (var run in runs.Order())
        {
            var color = (run - 1) % colors;
            for (var tries = 0; taken.ContainsValue(color) && tries < colors; tries++) color = (color + 1) % colors;
            taken[run] = color;
        }

        return [.. runs.Select(run => taken[run])];
    }
}
