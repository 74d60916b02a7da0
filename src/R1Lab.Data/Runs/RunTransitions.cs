namespace R1Lab.Data.Runs;

/// <summary>Which status may follow which.</summary>
public static class RunTransitions
{
    public static bool Allowed(RunStatus from, RunStatus to) => Sources(to).Contains(from);

    /// <summary>Whether the run can be put back into the queue to go on from its newest snapshot.</summary>
    public static bool Resumable(RunStatus status) => Sources(RunStatus.Queued).Contains(status);

    /// <summary>Whether the run has come to rest.</summary>
    public static bool Ended(RunStatus status) => status is RunStatus.Finished or RunStatus.Failed or RunStatus.Interrupted or RunStatus.Stopped;

    internal static RunStatus[] Sources(RunStatus to) => to switch
    {
        RunStatus.Queued => [RunStatus.Paused, RunStatus.Failed, RunStatus.Interrupted, RunStatus.Stopped],
        RunStatus.Running => [RunStatus.Queued, RunStatus.Paused],
        RunStatus.Paused => [RunStatus.Running],
        RunStatus.Stopped => [RunStatus.Queued, RunStatus.Running, RunStatus.Paused],
        RunStatus.Finished => [RunStatus.Running],
        RunStatus.Failed => [RunStatus.Queued, RunStatus.Running, RunStatus.Paused],
        RunStatus.Interrupted => [RunStatus.Running, RunStatus.Paused],
        _ => [],
    };
}
