namespace R1Lab.Engine.Training.Reporting;

/// <summary>The one number of a curve that stands for the run where runs are compared.</summary>
public enum MetricFigure
{
    /// <summary>That of the last step that has one.</summary>
    Last,

    /// <summary>The median of those above 0.</summary>
    Median,

    Most,
}
