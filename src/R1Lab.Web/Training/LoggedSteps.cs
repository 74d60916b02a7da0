using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Training;

/// <summary>Logged steps between the engine, which measures them, and the store, which keeps their numbers by key.</summary>
public static class LoggedSteps
{
    /// <summary>In order of steps, those after <paramref name="sinceStep"/>.</summary>
    public static async Task<IReadOnlyList<StepMetrics>> StepsAsync(
        this RunStore runs, int runId, int sinceStep = -1, CancellationToken cancellationToken = default) =>
        [.. (await runs.MetricsAsync(runId, sinceStep, cancellationToken)).Select(Measured)];

    /// <summary>The step as the store keeps it.</summary>
    public static RunStep Stored(this StepMetrics step, int runId) => new()
    {
        RunId = runId,
        Step = step.Step,
        TotalSteps = step.TotalSteps,
        Epoch = step.Epoch,
        At = step.At,
        Values = [.. step.Values.Select(metric => KeyValuePair.Create(metric.Key, metric.Value))],
    };

    /// <summary>The step of the best evaluation; null where nothing was evaluated.</summary>
    public static StepMetrics? Best(this IReadOnlyList<StepMetrics> steps, BestBy by)
    {
        var evaluations = steps.Where(step => step.EvalLoss is not null)
            .Select(step => new RunEvaluation(step.Step, step.EvalLoss!.Value, step.EvalTokenAccuracy)).ToList();
        return BestEvaluation.Of(evaluations, by) is { } best ? steps.First(step => step.Step == best) : null;
    }

    /// <summary>Time under way by the steps' own pace: pauses and restarts do not count.</summary>
    public static TimeSpan Time(this IReadOnlyList<StepMetrics> steps) => TimeSpan.FromSeconds(steps
        .Select((step, index) => (step.Values[MetricKeys.SecondsPerStep] ?? 0) * (step.Step - (index == 0 ? 0 : steps[index - 1].Step)))
        .Sum());

    private static StepMetrics Measured(RunStep step) => new()
    {
        Step = step.Step,
        TotalSteps = step.TotalSteps,
        Epoch = step.Epoch,
        At = step.At,
        Values = MetricValues.Of(step.Values.Select(metric => new Metric(metric.Key, metric.Value))),
    };
}
