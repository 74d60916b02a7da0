using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Charts;

public enum CurveStyle { Faint, Plain, Dashed, Marked }

/// <summary>One curve: which number of a logged step it shows, and how.</summary>
/// <param name="Key">Name of the curve in the texts, and of the number in the metrics.</param>
/// <param name="Color">Place in <see cref="ChartPalette.Series"/>.</param>
public sealed record RunCurve(string Key, Func<RunMetric, double?> Value, int Color, CurveStyle Style = CurveStyle.Plain, bool Smoothed = false);

/// <summary>One chart of the run page with its curves.</summary>
/// <param name="LogScaleAllowed">Whether the switch of the toolbar means this chart.</param>
/// <param name="HoverFormat">How a number is shown under the pointer (d3 format).</param>
/// <param name="TickFormat">How the axis shows numbers; null leaves it to the chart.</param>
public sealed record RunChart(string Key, bool LogScaleAllowed, string HoverFormat, string? TickFormat, params IReadOnlyList<RunCurve> Curves)
{
    private const double BytesPerGibibyte = 1024d * 1024 * 1024;

    /// <summary>Shown as soon as the run is, and not only when there are numbers for it.</summary>
    public bool Always { get; init; }

    public static IReadOnlyList<RunChart> All { get; } =
    [
        new("loss", true, ".4~f", null,
            new RunCurve("loss", metric => metric.Loss, 0, CurveStyle.Faint),
            new RunCurve("loss_smoothed", metric => metric.Loss, 0, CurveStyle.Plain, Smoothed: true),
            new RunCurve("eval_loss", metric => metric.EvalLoss, 1, CurveStyle.Marked)) { Always = true },
        new("grad_norm", true, ".4~g", null, new RunCurve("grad_norm", metric => metric.GradNorm, 2)) { Always = true },
        new("learning_rate", false, ".2~e", ".1~e", new RunCurve("learning_rate", metric => metric.LearningRate, 3)) { Always = true },
        new("eval_token_accuracy", false, ".2~%", ".2~%", new RunCurve("eval_token_accuracy", metric => metric.EvalTokenAccuracy, 1, CurveStyle.Marked)),
        new("tokens_per_second", false, ",.0f", null, new RunCurve("tokens_per_second", metric => metric.TokensPerSecond, 5)) { Always = true },
        new("memory", false, ".2~f", null,
            new RunCurve("memory", metric => metric.MemoryBytes / BytesPerGibibyte, 4),
            new RunCurve("device_memory", metric => metric.DeviceMemoryBytes / BytesPerGibibyte, 0, CurveStyle.Dashed)) { Always = true },
        new("device", false, ".0f", null,
            new RunCurve("device_utilization", metric => 100 * metric.DeviceUtilization, 2),
            new RunCurve("device_temperature", metric => metric.DeviceTemperature, 1, CurveStyle.Dashed)),
        new("loss_scale", true, ",.0f", null, new RunCurve("loss_scale", metric => metric.LossScale, 6)),
    ];

    /// <summary>Whether there is anything to show.</summary>
    public bool HasNumbers(IReadOnlyList<RunMetric> metrics) => CurvesWithNumbers(metrics).Count > 0;

    public IReadOnlyList<RunCurve> CurvesWithNumbers(IReadOnlyList<RunMetric> metrics) =>
        [.. Curves.Where(curve => metrics.Any(metric => curve.Value(metric) is { } value && ChartPoint.CanShow(value)))];
}
