using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Components.Charts;

/// <summary>How the numbers of one unit are shown.</summary>
/// <param name="Hover">Under the pointer (d3 format).</param>
/// <param name="Tick">At the axis (d3 format); null leaves it to the chart.</param>
/// <param name="Cell">In a table (.NET format).</param>
internal sealed record MetricFormat(string Hover, string? Tick, string Cell)
{
    private const double Gibibyte = 1024d * 1024 * 1024;

    /// <summary>What a number is multiplied by in charts.</summary>
    public double ChartScale { get; private init; } = 1;

    /// <summary>What a number is multiplied by in tables.</summary>
    public double CellScale { get; private init; } = 1;

    /// <summary>The unit's symbol behind the name of a column; null where the numbers or the name say it.</summary>
    public string? Symbol { get; private init; }

    public static MetricFormat Of(MetricUnit unit) => unit switch
    {
        MetricUnit.Nats => new(".4~f", null, "0.0000"),
        MetricUnit.Rate => new(".2~e", ".1~e", "0.00e-0"),
        MetricUnit.Factor => new(",.0f", null, "N0"),
        MetricUnit.Share => new(".2~%", ".2~%", "0.0 %"),
        MetricUnit.Percent => new(".0f", null, "0 %") { ChartScale = 100 },
        MetricUnit.PerSecond => new(",.0f", null, "N0"),
        MetricUnit.Seconds => new(".4~g", null, "0.000") { Symbol = "s" },
        MetricUnit.Bytes => new(".2~f", null, "0.00") { ChartScale = 1 / Gibibyte, CellScale = 1 / Gibibyte, Symbol = "GiB" },
        MetricUnit.Celsius => new(".0f", null, "0") { Symbol = "°C" },
        // Runs of earlier versions have 0 where they did not know: the third section is what 0 looks like.
        MetricUnit.Count => new(",.0f", null, "#,0;-#,0;''"),
        _ => new(".4~g", null, "0.000"),
    };
}
