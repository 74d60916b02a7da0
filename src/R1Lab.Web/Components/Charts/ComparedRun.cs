using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Charts;

/// <summary>One of several runs in the same charts.</summary>
/// <param name="Color">Place in <see cref="ChartPalette.Series"/>; the run keeps it in every chart and table.</param>
/// <param name="Metrics">Every logged step so far, in order; the page appends to it.</param>
public sealed record ComparedRun(int Id, string Name, int Color, DateTimeOffset Start, List<RunMetric> Metrics)
{
    private static readonly string[] Dashes = ["0", "8 4", "3 3", "8 3 3 3", "12 4", "12 3 3 3", "1 3"];

    /// <summary>Lengths of strokes and gaps in pixels, so that curves can be told apart without their colours; "0" is an unbroken line.</summary>
    public string Dash => Dashes[Color % Dashes.Length];

    /// <summary>The charts of a comparison: each number has its own, because every run brings a curve.</summary>
    public static IReadOnlyList<RunChart> Charts { get; } =
    [
        new("loss", true, ".4~f", null,
            new RunCurve("loss", metric => metric.Loss, 0, CurveStyle.Faint), new RunCurve("loss_smoothed", metric => metric.Loss, 0, CurveStyle.Plain, Smoothed: true)),
        new("eval_loss", true, ".4~f", null, new RunCurve("eval_loss", metric => metric.EvalLoss, 0, CurveStyle.Marked)),
        new("grad_norm", true, ".4~g", null, new RunCurve("grad_norm", metric => metric.GradNorm, 0)),
        new("learning_rate", false, ".2~e", ".1~e", new RunCurve("learning_rate", metric => metric.LearningRate, 0)),
        new("tokens_per_second", false, ",.0f", null, new RunCurve("tokens_per_second", metric => metric.TokensPerSecond > 0 ? metric.TokensPerSecond : null, 0)),
    ];

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
