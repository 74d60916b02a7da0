using R1Lab.Data.Runs;

namespace R1Lab.Web.Training;

/// <summary>The queue at one moment.</summary>
/// <param name="Running">The run under way; null when none is.</param>
/// <param name="Waiting">In the order in which they will be taken.</param>
/// <param name="Hold">Why nothing is taken; null when the queue moves.</param>
/// <param name="ContinuesOnError">Whether the next run starts although one failed.</param>
public sealed record QueuePicture(QueuedRun? Running, IReadOnlyList<QueuedRun> Waiting, QueueHold? Hold, bool ContinuesOnError);

/// <summary>A run in the queue with its times as far as they can be foretold.</summary>
/// <param name="StartsIn">Until it begins; zero for the one that runs, null where nobody can know.</param>
/// <param name="TimeLeft">What it will take from its beginning (or from now, if it runs) to its end.</param>
public sealed record QueuedRun(Run Run, TimeSpan? StartsIn, TimeSpan? TimeLeft)
{
    public TimeSpan? EndsIn => StartsIn + TimeLeft;
}
