using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Training;

/// <summary>Where a run stands now, for lists and the run page.</summary>
public sealed record RunProgress
{
    private const int FirstSteps = 5;

    public RunStatus Status { get; init; }

    public int Step { get; init; }

    public int TotalSteps { get; init; }

    public double? Loss { get; init; }

    public double? EvalLoss { get; init; }

    public double? BestEvalLoss { get; init; }

    public double? TokensPerSecond { get; init; }

    /// <summary>Moving average over logged steps; null before the first.</summary>
    public double? SecondsPerStep { get; init; }

    /// <summary>Logged steps that made it.</summary>
    public int Measured { get; init; }

    /// <summary>Done, 0 to 1.</summary>
    public double Share => TotalSteps > 0 ? Math.Clamp((double)Step / TotalSteps, 0, 1) : 0;

    /// <summary>Time left at the present pace; null where the run does not move or nothing was measured yet.</summary>
    public TimeSpan? Remaining => Status == RunStatus.Running && SecondsPerStep is { } seconds && TotalSteps >= Step
        ? TimeSpan.FromSeconds(seconds * (TotalSteps - Step))
        : null;

    public static RunProgress Of(Run run) => new()
    {
        Status = run.Status,
        Step = run.Step,
        TotalSteps = run.TotalSteps,
        Loss = run.FinalLoss,
        BestEvalLoss = run.BestEvalLoss,
    };

    /// <summary>The state of a run whose pace is known from earlier steps.</summary>
    public RunProgress At(double? secondsPerStep) => secondsPerStep is null ? this : this with { SecondsPerStep = secondsPerStep, Measured = FirstSteps };

    /// <summary>The state after one more logged step.</summary>
    public RunProgress After(StepMetrics step) => this with
    {
        Step = Math.Max(Step, step.Step),
        Loss = step.Loss ?? Loss,
        EvalLoss = step.EvalLoss ?? EvalLoss,
        BestEvalLoss = Least(BestEvalLoss, step.EvalLoss),
        TokensPerSecond = step.Values[MetricKeys.TokensPerSecond] is { } speed and > 0 ? speed : TokensPerSecond,
        SecondsPerStep = Pace(step.Values[MetricKeys.SecondsPerStep]),
        Measured = step.Values[MetricKeys.SecondsPerStep] > 0 ? Measured + 1 : Measured,
    };

    private static double? Least(double? known, double? measured) =>
        known is { } best && measured is { } value ? Math.Min(best, value) : known ?? measured;

    // The first steps of a run are slow, never fast, by what they load and compile. Later a single step, however slow, moves the average a little.
    private double? Pace(double? measured)
    {
        if (measured is not { } seconds || seconds <= 0) return SecondsPerStep;
        if (SecondsPerStep is not { } known) return seconds;
        return Measured < FirstSteps ? Math.Min(known, seconds) : (0.8 * known) + (0.2 * Math.Clamp(seconds, known / 2, known * 2));
    }
}
