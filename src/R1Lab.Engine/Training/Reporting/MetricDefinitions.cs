namespace R1Lab.Engine.Training.Reporting;

/// <summary>
/// The metrics of a training run. Database, charts, tables, comparison, HTTP API, TensorBoard, <c>trainer_state.json</c> and receipts all
/// read this list.
/// </summary>
public static class MetricDefinitions
{
    /// <summary>
    /// In the order in which they are shown. Tags are those of transformers' TensorBoardCallback, names those of its Trainer.
    /// </summary>
    public static IReadOnlyList<MetricDefinition> All { get; } =
    [
        new(MetricKeys.Loss, MetricUnit.Nats, "loss")
        {
            TensorBoardTag = "train/loss", TrainerStateName = "loss",
            Repeatable = true, InComparison = true, Smoothed = true, LogScale = true, Series = 0,
        },
        new(MetricKeys.EvalLoss, MetricUnit.Nats, "loss")
        {
            Phase = MetricPhase.Evaluation, TensorBoardTag = "eval/loss", TrainerStateName = "eval_loss",
            Optional = true, Repeatable = true, InComparison = true, LogScale = true, Series = 1,
        },
        new(MetricKeys.GradNorm, MetricUnit.Number, "grad_norm")
        {
            TensorBoardTag = "train/grad_norm", TrainerStateName = "grad_norm",
            Repeatable = true, InComparison = true, Figure = MetricFigure.Last, LogScale = true, Series = 2,
        },
        new(MetricKeys.LearningRate, MetricUnit.Rate, "learning_rate")
        {
            TensorBoardTag = "train/learning_rate", TrainerStateName = "learning_rate", Repeatable = true, InComparison = true, Series = 3,
        },
        new(MetricKeys.EvalTokenAccuracy, MetricUnit.Share, "eval_token_accuracy")
        {
            Phase = MetricPhase.Evaluation, TensorBoardTag = "eval/token_accuracy", TrainerStateName = "eval_token_accuracy",
            Optional = true, Series = 1,
        },
        new(MetricKeys.EvalSeconds, MetricUnit.Seconds)
        {
            Phase = MetricPhase.Evaluation, TensorBoardTag = "eval/runtime", TrainerStateName = "eval_runtime",
            Optional = true, InTable = false,
        },
        new(MetricKeys.TokensPerSecond, MetricUnit.PerSecond, "tokens_per_second")
        {
            Phase = MetricPhase.Machine, InComparison = true, Figure = MetricFigure.Median, Series = 5,
        },
        new(MetricKeys.SecondsPerStep, MetricUnit.Seconds) { Phase = MetricPhase.Machine, InTable = false },
        new(MetricKeys.MemoryBytes, MetricUnit.Bytes, "memory") { Phase = MetricPhase.Machine, Figure = MetricFigure.Most, Series = 4 },
        new(MetricKeys.DeviceMemoryBytes, MetricUnit.Bytes, "memory") { Phase = MetricPhase.Machine, Optional = true, Series = 0 },
        new(MetricKeys.DeviceAllocatedBytes, MetricUnit.Bytes) { Phase = MetricPhase.Machine, Optional = true, InTable = false },
        new(MetricKeys.DeviceUtilization, MetricUnit.Percent, "device") { Phase = MetricPhase.Machine, Optional = true, Series = 2 },
        new(MetricKeys.DeviceTemperature, MetricUnit.Celsius, "device") { Phase = MetricPhase.Machine, Optional = true, Series = 1 },
        new(MetricKeys.LossScale, MetricUnit.Factor, "loss_scale")
        {
            Phase = MetricPhase.Machine, Optional = true, LogScale = true, Series = 6,
        },
        new(MetricKeys.SkippedSteps, MetricUnit.Count) { Phase = MetricPhase.Machine, InTable = false },
        new(MetricKeys.MicroBatchSize, MetricUnit.Count) { Phase = MetricPhase.Machine },
    ];
}
