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

    /// <summary>A float16 gradient overflowed and moved nothing. Arguments: step, the loss scale from then on.</summary>
    public const string StepSkipped = "step_skipped";

    /// <summary>Loss or gradient was no number. Arguments: step, <c>loss</c> or <c>gradient</c>, rows, layer.</summary>
    public const string Diverged = "diverged";

    /// <summary>A setting was changed before the start. Arguments: field, problem code.</summary>
    public const string Adjusted = "adjusted";

    /// <summary>The largest micro-batch of the run went through once before the first step. Arguments: most bytes in use, places of the batch, its lines.</summary>
    public const string MemoryProbed = "memory_probed";

    /// <summary>The device ran out of memory; a step's rows now go in smaller parts. Arguments: step, lines of a part now, as the recipe has it.</summary>
    public const string MicroBatchHalved = "micro_batch_halved";

    /// <summary>The device ran out of memory with one line at a time. Arguments: step.</summary>
    public const string CheckpointingOn = "checkpointing_on";

    /// <summary>An operator adds up in another order every time. Arguments: libtorch's sentence.</summary>
    public const string OrderNotKept = "order_not_kept";

    /// <summary>The device ran out of memory in an evaluation. Arguments: step, rows at once now.</summary>
    public const string EvaluationBatchHalved = "evaluation_batch_halved";

    /// <summary>Not one row could be evaluated in the memory there is. Arguments: step.</summary>
    public const string EvaluationSkipped = "evaluation_skipped";

    /// <summary>No better evaluation for as long as the recipe waits. Arguments: step, evaluations since the best, step of the best, its value.</summary>
    public const string EarlyStopped = "early_stopped";

    /// <summary>The result is an earlier step's. Arguments: that step, the metric's name, its value.</summary>
    public const string BestRestored = "best_restored";

    /// <summary>The best step's snapshot is gone or damaged, so the result is the last step's. Arguments: the best step, the reason.</summary>
    public const string BestMissing = "best_missing";

    /// <summary>Files of the model were changed or replaced after the run had loaded them. Arguments: the step at which it was noticed.</summary>
    public const string ModelChanged = "model_changed";

    /// <summary>Probe prompts could not be answered. Arguments: step, the reason.</summary>
    public const string ProbeFailed = "probe_failed";
}
