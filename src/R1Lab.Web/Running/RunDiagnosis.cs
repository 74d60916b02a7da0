using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>The engine's diagnosis of a stored run.</summary>
public static class RunDiagnosis
{
    /// <param name="metrics">Logged steps in order.</param>
    /// <param name="totalSteps">Optimizer steps of the whole run; 0 when not known yet.</param>
    /// <param name="parameters">The base model's parameter count, where known.</param>
    /// <param name="divergedAt">The step a failed run ended at because its loss or gradient was not finite.</param>
    public static IReadOnlyList<Finding> Of(IReadOnlyList<RunMetric> metrics, TrainingRecipe recipe, int totalSteps, long? parameters = null, int? divergedAt = null) =>
        Diagnosis.Of([.. metrics.Select(Step)], recipe, totalSteps, parameters, divergedAt);

    private static StepMetrics Step(RunMetric metric) => new()
    {
        Step = metric.Step,
        TotalSteps = metric.TotalSteps,
        Loss = metric.Loss,
        GradNorm = metric.GradNorm,
        EvalLoss = metric.EvalLoss,
        LossScale = metric.LossScale,
    };
}
