using R1Lab.Data.Runs;

namespace R1Lab.Web.Components.Charts;

/// <summary>What can be marked on the loss curve, in the order of the legend.</summary>
public enum MarkKind
{
    /// <summary>The best evaluation so far.</summary>
    Best,

    Snapshot,

    /// <summary>The run was cut down to fit the memory.</summary>
    Replanned,

    /// <summary>A step was left out because a float16 gradient overflowed.</summary>
    Skipped,

    /// <summary>It went on from a snapshot.</summary>
    Resumed,
}

/// <summary>Something that happened at a step, for the eye that follows the loss.</summary>
/// <param name="Height">Where it stands on the vertical axis; null: on the smoothed training loss.</param>
public sealed record RunMark(MarkKind Kind, int Step, DateTimeOffset At, double? Height = null)
{
    private static readonly Dictionary<string, MarkKind> Kinds = new(StringComparer.Ordinal)
    {
        ["snapshot_saved"] = MarkKind.Snapshot,
        ["micro_batch_halved"] = MarkKind.Replanned,
        ["checkpointing_on"] = MarkKind.Replanned,
        ["evaluation_batch_halved"] = MarkKind.Replanned,
        ["resumed"] = MarkKind.Resumed,
    };

    /// <param name="metrics">Logged steps, in order.</param>
    /// <param name="best">The best evaluation; null without one.</param>
    public static IReadOnlyList<RunMark> Of(IReadOnlyList<RunMetric> metrics, IReadOnlyList<RunEvent> events, RunMetric? best)
    {
        var marks = new List<RunMark>();
        if (best is { EvalLoss: { } loss }) marks.Add(new(MarkKind.Best, best.Step, best.At, loss));
        foreach (var happened in events)
        {
            if (Kinds.TryGetValue(happened.Kind, out var kind)) marks.Add(new(kind, happened.Step, happened.At));
        }

        for (var index = 0; index < metrics.Count; index++)
        {
            var before = index == 0 ? 0 : metrics[index - 1].SkippedSteps;
            if (metrics[index].SkippedSteps > before) marks.Add(new(MarkKind.Skipped, metrics[index].Step, metrics[index].At));
        }

        return marks;
    }
}
