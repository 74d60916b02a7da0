using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Training;

/// <summary>
/// Recipes, their texts and their problems as they stood when settings were still checked and written one by one (tests/Golden/recipes).
/// </summary>
internal static class StoredRecipes
{
    private static readonly JsonSerializerOptions WithNulls = new(TrainingRecipe.Json)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.Never,
    };

    /// <summary>No setting at its default, and none that may be missing missing.</summary>
    public static TrainingRecipe Everything { get; } = new()
    {
        Name = "all \"of\" it, 全部",
        Model = "m",
        Dataset = "7",
        Method = TrainingMethod.Qlora,
        Quantization = BaseQuantization.Int8,
        DoubleQuantization = false,
        FreezeLayers = 2,
        ThinkingPolicy = ThinkingPolicy.AnswerOnly,
        Optim = OptimizerType.Adamw8Bit,
        LearningRate = 1.25e-7,
        LrSchedulerType = SchedulerType.CosineWithMinLr,
        LrSchedulerKwargs = new() { NumCycles = 0.75, MinLr = 1e-9, MinLrRate = 0.1, LrEnd = 3e-8, Power = 2, Timescale = 77 },
        WarmupSteps = 5,
        WarmupRatio = 0.1,
        WeightDecay = 0.01,
        DecayGroups = DecayGroups.Uniform,
        AdamBeta1 = 0.8,
        AdamBeta2 = 0.95,
        AdamEpsilon = 1e-6,
        MaxGradNorm = 0.5,
        PerDeviceTrainBatchSize = 3,
        PerDeviceEvalBatchSize = 6,
        GradientAccumulationSteps = 2,
        EpochEnd = EpochEnd.WholeRun,
        LossNormalization = LossNormalization.MicroMean,
        NumTrainEpochs = 1.5,
        MaxSteps = 10,
        MaxSamples = 100,
        MaxLength = 512,
        OverlongRows = OverlongRows.Split,
        TrainOn = TrainOn.WholeText,
        Packing = true,
        GroupByLength = true,
        Shuffle = false,
        Seed = long.MaxValue,
        LoggingSteps = 0.25,
        SaveSteps = 3,
        SaveTotalLimit = null,
        EvalSteps = 4,
        EvalsPerEpoch = 2.5,
        EarlyStoppingPatience = 2,
        EarlyStoppingThreshold = 0.125,
        MetricForBestModel = BestMetric.EvalTokenAccuracy,
        LoadBestModelAtEnd = true,
        ValSize = 20,
        Dtype = TrainingDtype.Bfloat16,
        GradientCheckpointing = true,
        GradientCheckpointingLayers = 1,
        ActivationOffloading = true,
        EmbeddingOnHost = false,
        DeviceMap = DeviceMap.Auto,
        NeftuneNoiseAlpha = 5,
        ProbePrompts = ["one, two", "<三>"],
        ProbeMaxNewTokens = 9,
        Confirmed = ["a_code"],
        Lora = new()
        {
            R = 3,
            LoraAlpha = 6.5,
            LoraDropout = 0.1,
            TargetModules = ["q_proj"],
            UseRslora = true,
            UseDora = true,
            RankPattern = new Dictionary<string, int> { ["K_proj"] = 2 },
            AlphaPattern = new Dictionary<string, double> { ["v_proj"] = 1.5 },
            LoraplusLrRatio = 16,
            InitFrom = "/a",
        },
    };

    private static readonly (string Name, TrainingRecipe Recipe)[] Kept =
    [
        ("default", new()), ("initial", TrainingRecipe.Initial),
        .. TrainingRecipe.PresetNames.Select(name => (name, TrainingRecipe.Preset(name))), ("everything", Everything),
        ("without_limit", new TrainingRecipe { SaveTotalLimit = null }),
    ];

    public static string Folder => ReferenceFiles.Golden("recipes");

    /// <summary>A line for each recipe and each way in which recipes are written.</summary>
    public static IEnumerable<string> Texts() => Kept.SelectMany(one => (string[])
    [
        $"{one.Name}: {one.Recipe.ToJson()}",
        $"{one.Name}, with nulls: {JsonSerializer.Serialize(one.Recipe, WithNulls)}",
        $"{one.Name}, in a receipt: {JsonSerializer.Serialize(one.Recipe, RunReceipt.Json).ReplaceLineEndings("\\n")}",
    ]);

    /// <summary>What is wrong with recipes of which fields have a value at or beyond their bounds, or of another form.</summary>
    public static IEnumerable<string> Problems()
    {
        var everything = JsonNode.Parse(Everything.ToJson())!.AsObject();
        var fields = Flat(everything, "").Append("save_total_limit").Order(StringComparer.Ordinal).ToList();
        string[] values = ["-1", "0", "0.5", "1", "1e9", "\"x\"", "true", "null", "[1]", "{\"a\":1}"];
        foreach (var field in fields)
        {
            foreach (var value in values) foreach (var line in Lines($"{field}={value}", [(field, value)])) yield return line;
        }

        var random = new Random(1);
        string[] numbers = ["-3", "0", "1", "2147483647", "4097"];
        for (var i = 0; i < 150; i++)
        {
            var changes = Enumerable.Range(0, 9)
                .Select(_ => (fields[random.Next(fields.Count)], numbers[random.Next(numbers.Length)])).ToList();
            foreach (var line in Lines($"mixed {i}", changes.DistinctBy(change => change.Item1))) yield return line;
        }

        foreach (var line in Broken()) yield return line;
    }

    private static IEnumerable<string> Broken()
    {
        var whole = new TrainingRecipe { Model = "m", Dataset = "d" };
        (string, TrainingRecipe)[] recipes =
        [
            ("nothing chosen", new()),
            ("no numbers", whole with
            {
                WarmupRatio = double.NaN, WeightDecay = double.NaN, AdamBeta1 = double.NaN, AdamEpsilon = double.NaN,
                LearningRate = double.NaN, ValSize = double.NaN, EvalsPerEpoch = double.NaN, SaveSteps = double.NaN,
                NumTrainEpochs = double.NaN,
            }),
            ("endless", whole with
            {
                WarmupRatio = double.PositiveInfinity, AdamBeta1 = 1, AdamBeta2 = 1, LearningRate = double.PositiveInfinity,
                LoggingSteps = double.PositiveInfinity, EvalsPerEpoch = double.PositiveInfinity,
                NumTrainEpochs = double.PositiveInfinity,
            }),
            ("all below", whole with
            {
                PerDeviceTrainBatchSize = 0, PerDeviceEvalBatchSize = 0, GradientAccumulationSteps = 0, MaxSamples = 0,
                MaxLength = 1, SaveTotalLimit = 0, WarmupSteps = -1, WarmupRatio = -1, WeightDecay = -1, MaxGradNorm = -1,
                FreezeLayers = -1, GradientCheckpointingLayers = 0, ValSize = -1, AdamBeta1 = -1, AdamBeta2 = -1,
                EarlyStoppingPatience = 0, EarlyStoppingThreshold = -1, ProbeMaxNewTokens = 0, LoggingSteps = 0,
                SaveSteps = 1.5, EvalSteps = -2, LearningRate = 0, AdamEpsilon = 0, EvalsPerEpoch = 0, NumTrainEpochs = 0,
            }),
            ("all above", whole with
            {
                PerDeviceTrainBatchSize = 5_000, PerDeviceEvalBatchSize = 5_000, GradientAccumulationSteps = 70_000,
                MaxLength = 1 << 25, MaxSteps = 20_000_000, NumTrainEpochs = 2_000, EvalsPerEpoch = 20_000,
                ProbeMaxNewTokens = 1 << 18, WarmupRatio = 1, AdamBeta1 = 1, AdamBeta2 = 1,
            }),
            ("many epochs", whole with { NumTrainEpochs = 2_000, EvalsPerEpoch = 20_000 }),
            ("full", Everything with { Method = TrainingMethod.Full }),
            ("everything", Everything),
        ];
        return recipes.SelectMany(one => one.Item2.Problems().Select(problem => Line(one.Item1, problem)));
    }

    private static IEnumerable<string> Lines(string name, IEnumerable<(string Field, string Value)> changes)
    {
        var tree = JsonNode.Parse("""{"model":"m","dataset":"d","lora":{},"lr_scheduler_kwargs":{}}""")!.AsObject();
        foreach (var (field, value) in changes)
        {
            var (parent, leaf) = field.Split('.') is [var group, var inner] ? (tree[group]!.AsObject(), inner) : (tree, field);
            parent[leaf] = JsonNode.Parse(value);
        }

        var recipe = TrainingRecipe.Parse(tree.ToJsonString(), out var form);
        return (recipe?.Problems() ?? form).Select(problem => Line(name, problem));
    }

    private static string Line(string name, Problem problem)
    {
        var arguments = problem.Arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture));
        return $"{name}: {problem.Severity} {problem.Code} {problem.Field} | {problem.Message} | {string.Join(", ", arguments)}";
    }

    private static IEnumerable<string> Flat(JsonObject tree, string prefix) => tree.SelectMany(field =>
        field.Key is "lora" or "lr_scheduler_kwargs" ? Flat(field.Value!.AsObject(), field.Key + ".") : [prefix + field.Key]);
}
