namespace R1Lab.Engine.Training.Reporting;

/// <summary>
/// Keys of the metrics that code refers to. They are names in the database, in receipts and in the HTTP API: never change one.
/// </summary>
public static class MetricKeys
{
    public const string Loss = "loss";
    public const string GradNorm = "grad_norm";
    public const string LearningRate = "learning_rate";
    public const string EvalLoss = "eval_loss";
    public const string EvalTokenAccuracy = "eval_token_accuracy";
    public const string EvalSeconds = "eval_seconds";
    public const string LossScale = "loss_scale";
    public const string SkippedSteps = "skipped_steps";
    public const string MicroBatchSize = "micro_batch_size";
    public const string TokensPerSecond = "tokens_per_second";
    public const string SecondsPerStep = "seconds_per_step";
    public const string MemoryBytes = "memory_bytes";
    public const string DeviceMemoryBytes = "device_memory_bytes";
    public const string DeviceAllocatedBytes = "device_allocated_bytes";
    public const string DeviceUtilization = "device_utilization";
    public const string DeviceTemperature = "device_temperature";
}
