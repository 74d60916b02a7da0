namespace R1Lab.Engine.Training.Reporting;

/// <summary>Which entries of a log a metric belongs to.</summary>
public enum MetricPhase
{
    /// <summary>Those with a training loss.</summary>
    Training,

    /// <summary>Those with an evaluation.</summary>
    Evaluation,

    /// <summary>All: it says something about the machine.</summary>
    Machine,
}
