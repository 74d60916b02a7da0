using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training.Signs;

namespace R1Lab.Engine.Training;

public sealed partial record TrainingRecipe
{
    /// <summary>What a new recipe begins with. Stored recipes begin with <c>new()</c>, which keeps what settings meant before there were others.</summary>
    public static TrainingRecipe Initial { get; } = new() { EpochEnd = EpochEnd.ShortStep };

    public static IReadOnlyList<string> PresetNames { get; } = ["quick_trial", "recommended", "tutorial"];

    /// <summary>
    /// A ready set of values: <c>quick_trial</c> shows with 1,000 rows whether the data teaches anything, <c>recommended</c> is what the field agrees on
    /// for an adapter on an 8B model, <c>tutorial</c> is the tutorial's own numbers with what must be said about them in <see cref="Problems(RunLength?, long?)"/>.
    /// </summary>
    /// <param name="name">One of <see cref="PresetNames"/>.</param>
    /// <param name="parameters">The model's parameter count where known: small models learn with a higher rate.</param>
    /// <exception cref="ArgumentException">No preset of that name.</exception>
    public static TrainingRecipe Preset(string name, long? parameters = null) => name switch
    {
        "quick_trial" => QuickTrial(parameters < RateRange.SmallModel),
        "recommended" => Recommended(parameters < RateRange.SmallModel),
        "tutorial" => Tutorial(),
        _ => throw new ArgumentException($"There is no preset named {name}; there are {string.Join(", ", PresetNames)}.", nameof(name)),
    };

    private static TrainingRecipe QuickTrial(bool small) => Initial with
    {
        LearningRate = small ? 3e-3 : 2e-4,
        LrSchedulerType = SchedulerType.Cosine,
        WarmupRatio = 0.05,
        PerDeviceTrainBatchSize = small ? 16 : 2,
        GradientAccumulationSteps = small ? 1 : 8,
        NumTrainEpochs = small ? 3 : 1,
        MaxSamples = 1000,
        MaxLength = 2048,
        ValSize = 0.05,
        GroupByLength = small,
        EvalsPerEpoch = small ? 2 : 4,
        EarlyStoppingPatience = 3,
        LoadBestModelAtEnd = true,
        LoggingSteps = 1,
    };

    private static TrainingRecipe Recommended(bool small) => Initial with
    {
        LearningRate = small ? 2e-3 : 2e-4,
        LrSchedulerType = SchedulerType.Cosine,
        WarmupRatio = 0.05,
        PerDeviceTrainBatchSize = small ? 16 : 2,
        GradientAccumulationSteps = small ? 1 : 8,
        NumTrainEpochs = 3,
        MaxLength = 4096,
        ValSize = 0.05,
        EvalsPerEpoch = small ? 2 : 4,
        EarlyStoppingPatience = 3,
        LoadBestModelAtEnd = true,
        LoggingSteps = 5,
        GradientCheckpointing = !small,
        Lora = new LoraSettings { LoraDropout = 0.05 },
    };

    private static TrainingRecipe Tutorial() => Initial with
    {
        LearningRate = 5e-6,
        WeightDecay = 0.01,
        WarmupSteps = 100,
        PerDeviceTrainBatchSize = 4,
        GradientAccumulationSteps = 4,
        NumTrainEpochs = 3,
        LoggingSteps = 10,
        SaveSteps = 500,
        EvalSteps = 500,
        ValSize = 0.1,
        Dtype = TrainingDtype.Float16,
        Lora = new LoraSettings { R = 16, LoraAlpha = 32, LoraDropout = 0.1, TargetModules = ["query_key_value"] },
    };
}
