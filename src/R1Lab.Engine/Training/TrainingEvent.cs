namespace R1Lab.Engine.Training;

/// <summary>Something worth a line on the run's time line.</summary>
/// <param name="Kind">Stable key for translation, for example <c>snapshot_saved</c>; see <see cref="TrainingEventKinds"/>.</param>
/// <param name="Message">The English sentence with <paramref name="Arguments"/> filled in.</param>
/// <param name="Arguments">The values of the sentence, in order.</param>
public sealed record TrainingEvent(DateTimeOffset At, int Step, string Kind, string Message, IReadOnlyList<object> Arguments);

/// <summary>The kinds of <see cref="TrainingEvent"/> and what their arguments are.</summary>
public static class TrainingEventKinds
{
    /// <summary>Arguments: training rows, evaluation rows, total steps, trained parameters.</summary>
    public const string Started = "started";

    /// <summary>Arguments: the step gone on from.</summary>
    public const string Resumed = "resumed";

    /// <summary>Arguments: step, snapshot folder's name.</summary>
    public const string SnapshotSaved = "snapshot_saved";

    /// <summary>A damaged snapshot was passed over. Arguments: its name, the reason.</summary>
    public const string SnapshotSkipped = "snapshot_skipped";

    /// <summary>Arguments: step.</summary>
    public const string Stopped = "stopped";

    /// <summary>Arguments: step, final loss.</summary>
    public const string Finished = "finished";

    /// <summary>Loss or gradient was no number. Arguments: step, <c>loss</c> or <c>gradient</c>, rows.</summary>
    public const string Diverged = "diverged";

    /// <summary>A setting was changed before the start. Arguments: field, problem code.</summary>
    public const string Adjusted = "adjusted";
}
