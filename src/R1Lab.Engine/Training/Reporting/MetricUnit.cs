namespace R1Lab.Engine.Training.Reporting;

/// <summary>What a metric counts. Decides how it is shown, and whether it is a whole number in JSON.</summary>
public enum MetricUnit
{
    /// <summary>A loss per token, in nats.</summary>
    Nats,

    /// <summary>A number without a unit, of any size, for example a norm.</summary>
    Number,

    /// <summary>A factor far below 1, for example a learning rate.</summary>
    Rate,

    /// <summary>A factor far above 1, for example a loss scale.</summary>
    Factor,

    /// <summary>0 to 1.</summary>
    Share,

    /// <summary>0 to 1, drawn as 0 to 100 beside metrics of other units.</summary>
    Percent,

    /// <summary>A whole number of things.</summary>
    Count,

    PerSecond,

    Seconds,

    Bytes,

    Celsius,
}
