using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

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
    public static IReadOnlyList<RunMark> Of(IReadOnlyList<StepMetrics> metrics, IReadOnlyList<RunEvent> events, StepMetrics? best)
    {
        var marks = new List<RunMark>();
        if (best is { EvalLoss: { } loss }) marks.Add(new(MarkKind.Best, best.Step, best.At, loss));
        foreach (var happened in events)
        {
            if (Kinds.TryGetValue(happened.Kind, out var kind)) marks.Add(new(kind, happened.Step, happened.At));
        }

        var before = 0d;
        foreach (var step in metrics)
        {
            if (step.Values[MetricKeys.SkippedSteps] is not { } skipped) continue;
            if (skipped > before) marks.Add(new(MarkKind.Skipped, step.Step, step.At));
            before = skipped;
        }

        return marks;
    }
}
