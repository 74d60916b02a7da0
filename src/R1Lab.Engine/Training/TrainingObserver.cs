namespace R1Lab.Engine.Training;

/// <summary>Who is told about a run. Called on the training thread, at once and in order: hand over and return.</summary>
public sealed record TrainingObserver
{
    public Action<StepMetrics>? OnMetrics { get; init; }

    public Action<TrainingEvent>? OnEvent { get; init; }

    /// <summary>Called after every step, logged or not, before the next one begins; it may wait, for example while the device is lent to others.</summary>
    public Action? BetweenSteps { get; init; }

    /// <summary>
    /// Called before a snapshot is written: a run that goes on from it does not say again what it said before, so all of that must be kept for good when
    /// this returns. May wait; what it throws ends the run, and the snapshot is not written.
    /// </summary>
    public Action? BeforeSnapshot { get; init; }

    /// <summary>Told the folder of every snapshot once it is whole.</summary>
    public Action<string>? OnSnapshot { get; init; }

    /// <summary>Told each answer to a probe prompt, at step 0 (the base) and at every evaluation.</summary>
    public Action<ProbeAnswer>? OnProbe { get; init; }

    /// <summary>Told the losses of the rows of one pass over the data when it is complete, and at the end of the run those of the pass that is not.</summary>
    public Action<IReadOnlyList<RowLoss>>? OnRowLosses { get; init; }
}
