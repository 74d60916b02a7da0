using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;

namespace R1Lab.Bench.Parity;

/// <summary>A short run of the product's trainer, and what it left behind for others to read.</summary>
/// <param name="Method">The name shown.</param>
/// <param name="Adapter">The adapter folder; null when every weight was trained.</param>
/// <param name="Model">The model folder; null for an adapter.</param>
/// <param name="Logs">The TensorBoard folder.</param>
/// <param name="Loss">Mean loss over the evaluation rows at the end.</param>
/// <param name="TrainLosses">Loss of every step.</param>
internal sealed record ParityCase(string Method, string? Adapter, string? Model, string Logs, double Loss, IReadOnlyList<double> TrainLosses)
{
    private const int Steps = 4;

    public static IReadOnlyDictionary<string, TrainingRecipe> Recipes { get; } = new Dictionary<string, TrainingRecipe>
    {
        ["lora"] = Recipe(TrainingMethod.Lora, new LoraSettings { R = 8, LoraAlpha = 16 }),
        ["rslora"] = Recipe(TrainingMethod.Lora, new LoraSettings { R = 8, LoraAlpha = 16, UseRslora = true }),
        ["dora"] = Recipe(TrainingMethod.Dora, new LoraSettings { R = 8, LoraAlpha = 16 }),
        ["lora+"] = Recipe(TrainingMethod.Lora, new LoraSettings { R = 8, LoraAlpha = 16, LoraplusLrRatio = 16 }),
        ["patterns"] = Recipe(TrainingMethod.Lora, new LoraSettings
        {
            R = 8,
            LoraAlpha = 16,
            TargetModules = ["q_proj", "v_proj", "down_proj"],
            RankPattern = new Dictionary<string, int> { ["down_proj"] = 4 },
            AlphaPattern = new Dictionary<string, double> { ["down_proj"] = 64 },
        }),
        ["full"] = Recipe(TrainingMethod.Full, new LoraSettings()) with { LearningRate = 1e-4 },
    };

    public static ParityCase Run(string method, string model, string output, IReadOnlyList<TokenExample> train, IReadOnlyList<TokenExample> evaluation, ComputeDevice device)
    {
        var (losses, evalLoss) = (new List<double>(), double.NaN);
        var observer = new TrainingObserver
        {
            OnMetrics = metrics =>
            {
                if (metrics.Loss is { } loss) losses.Add(loss);
                evalLoss = metrics.EvalLoss ?? evalLoss;
            },
        };
        var result = new Trainer(new TrainingJob(Recipes[method], model, output, train, evaluation, device), observer).Run(CancellationToken.None);
        var isFull = Recipes[method].Method == TrainingMethod.Full;
        return new ParityCase(method, isFull ? null : result.OutputPath, isFull ? result.OutputPath : null, Path.Combine(output, "logs"), evalLoss, losses);
    }

    // A high rate, so that a few steps move the model far from its base.
    private static TrainingRecipe Recipe(TrainingMethod method, LoraSettings lora) => new()
    {
        Method = method,
        Lora = lora,
        LearningRate = 5e-3,
        LrSchedulerType = SchedulerType.Constant,
        PerDeviceTrainBatchSize = 4,
        MaxSteps = Steps,
        EvalSteps = Steps,
        LoggingSteps = 1,
        Dtype = TrainingDtype.Float32,
    };
}
