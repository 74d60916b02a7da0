namespace R1Lab.Engine.Training.Reporting;

/// <summary>
/// Everything the lab has to know about a metric to store, show and export it. A new metric is one definition in <see
/// cref="MetricDefinitions"/>, one text
/// <c>Metric_&lt;key&gt;</c> in each language, and the place that measures it.
/// </summary>
/// <param name="Key">Unique, snake_case: its name in the database, in receipts and in the HTTP API.</param>
/// <param name="Chart">The chart it is drawn in, with the other metrics of that chart; null: it is not drawn.</param>
public sealed record MetricDefinition(string Key, MetricUnit Unit, string? Chart = null)
{
    public MetricPhase Phase { get; init; } = MetricPhase.Training;

    /// <summary>Tag in TensorBoard's event files; null: not written there.</summary>
    public string? TensorBoardTag { get; init; }

    /// <summary>Name in the <c>log_history</c> of <c>trainer_state.json</c>; null: not written there.</summary>
    public string? TrainerStateName { get; init; }

    /// <summary>
    /// Many runs never have it: left out of the HTTP API's answers where it is missing (others are null), and its chart appears with the
    /// first number.
    /// </summary>
    public bool Optional { get; init; }

    /// <summary>The same number when the run is repeated: receipts of two runs are compared by it.</summary>
    public bool Repeatable { get; init; }

    /// <summary>Has a chart of its own where runs are compared.</summary>
    public bool InComparison { get; init; }

    /// <summary>The figure of the run in that comparison; null: none.</summary>
    public MetricFigure? Figure { get; init; }

    /// <summary>Has a column in the table of logged steps.</summary>
    public bool InTable { get; init; } = true;

    /// <summary>Drawn with its moving average.</summary>
    public bool Smoothed { get; init; }

    /// <summary>The switch for a logarithmic axis applies to its chart.</summary>
    public bool LogScale { get; init; }

    /// <summary>Its colour: the position in the palette of chart series, from 0 to 6.</summary>
    public int Series { get; init; }

    /// <summary>Whether its values are whole numbers.</summary>
    public bool IsWhole => Unit is MetricUnit.Count or MetricUnit.Bytes;
}
