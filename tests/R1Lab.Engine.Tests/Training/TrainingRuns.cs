using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Jobs on the golden models, each with a folder of its own that goes with it.</summary>
internal sealed class TrainingRuns : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("r1lab-train-");
    private int _count;

    // Models this small only lose time by sharing their work among threads.
    static TrainingRuns() => TorchSharp.torch.set_num_threads(1);

    public List<StepMetrics> Metrics { get; } = [];

    public List<TrainingEvent> Events { get; } = [];

    public List<IReadOnlyList<RowLoss>> Passes { get; } = [];

    public List<ProbeAnswer> Probes { get; } = [];

    public static string Model(string name) => ReferenceFiles.Golden("huggingface", "models", name);

    public static TokenExample[] Rows(string file = "dataset.json") =>
        [.. JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("huggingface", "golden", "train", file)))!.AsArray()
            .Select((row, i) => new TokenExample(Integers(row!["input_ids"]!), Integers(row["labels"]!), i))];

    /// <summary>The settings a golden run was made with.</summary>
    public static TrainingRecipe Recipe(JsonObject golden, TrainingMethod method)
    {
        var config = golden["config"]!;
        return new TrainingRecipe
        {
            Method = method,
            LearningRate = (double)config["lr"]!,
            LrSchedulerType = SchedulerType.Cosine,
            WarmupSteps = (int)config["warmup"]!,
            WeightDecay = (double)config["wd"]!,
            MaxGradNorm = (double)config["clip"]!,
            PerDeviceTrainBatchSize = (int)config["micro"]!,
            GradientAccumulationSteps = (int)config["accum"]!,
            LossNormalization = (string?)golden["normalization"] == "micro_mean" ? LossNormalization.MicroMean : LossNormalization.TokenSum,
            MaxSteps = (int)config["steps"]!,
            Shuffle = false,
            Dtype = TrainingDtype.Float32,
            Lora = method == TrainingMethod.Full ? new LoraSettings() : new LoraSettings
            {
                R = (int)config["r"]!,
                LoraAlpha = (double)config["alpha"]!,
                InitFrom = ReferenceFiles.Golden("huggingface", (string)config["initial_adapter"]!),
            },
        };
    }

    /// <summary>A small LoRA run with everything that could get lost: dropout, accumulation, shuffling, evaluation, a logging window.</summary>
    public static TrainingRecipe Busy { get; } = new()
    {
        LearningRate = 5e-3,
        LrSchedulerType = SchedulerType.Cosine,
        WarmupSteps = 3,
        PerDeviceTrainBatchSize = 2,
        GradientAccumulationSteps = 2,
        MaxSteps = 12,
        ValSize = 3,
        EvalSteps = 4,
        LoggingSteps = 3,
        SaveSteps = 5,
        Dtype = TrainingDtype.Float32,
        Lora = new LoraSettings { R = 4, LoraAlpha = 8, LoraDropout = 0.2 },
    };

    /// <summary>The length of a run over so many rows of two tokens.</summary>
    public static RunLength Length(TrainingRecipe recipe, int rows) => RunLength.Of(recipe, [.. Enumerable.Repeat(new TokenExample([1, 2], [-100, 2]), rows)]);

    public string NewFolder() => _root.CreateSubdirectory($"run{_count++}").FullName;

    public TrainingJob Job(TrainingRecipe recipe, string model = "llama_base", IReadOnlyList<TokenExample>? rows = null, string? output = null) =>
        new(recipe, Model(model), output ?? NewFolder(), rows ?? Rows(), [], ComputeDevice.Cpu);

    /// <summary>Runs a job; <paramref name="stopAfter"/> asks for a stop once that step is taken.</summary>
    /// <param name="beforePass">Notified of the passes of every step, and of evaluations; may throw.</param>
    /// <param name="whileWriting">Called in the middle of writing a snapshot; may throw.</param>
    /// <param name="objective">Null: the recipe's.</param>
    public TrainingResult Run(
        TrainingJob job, int? stopAfter = null, Action<MicroBatch, bool>? beforePass = null, Action? whileWriting = null, IObjective? objective = null)
    {
        using var stop = new CancellationTokenSource();
        if (stopAfter == 0) stop.Cancel();
        var step = 0;
        var observer = new TrainingObserver
        {
            OnMetrics = Metrics.Add,
            OnEvent = told =>
            {
                Events.Add(told);
                if (told.Kind == TrainingEventKinds.Resumed) step = told.Step;
            },
            OnRowLosses = Passes.Add,
            OnProbe = Probes.Add,
            BetweenSteps = () => { if (++step == stopAfter) stop.Cancel(); },
        };
        var learned = objective ?? KnownObjectives.Of(job.Recipe.Objective);
        if (beforePass is not null) learned = new WatchedObjective(learned, beforePass);
        return new Trainer(job, observer) { Objective = learned, WhileWriting = whileWriting }.Run(stop.Token);
    }

    /// <summary>Everything that must be the same whether a run was interrupted or not.</summary>
    public List<object?> Told() =>
    [
        .. Metrics.Select(m => (object)(m.Step, m.Loss, m.GradNorm, m.LearningRate, m.EvalLoss, m.EvalTokenAccuracy, m.Epoch)),
        .. Passes.SelectMany(pass => pass),
    ];

    public static byte[] WeightsOf(TrainingResult result) => File.ReadAllBytes(Directory.GetFiles(result.OutputPath, "*.safetensors").Single());

    /// <summary>The error libtorch gives when a device is full (its text is that of c10's CUDA caching allocator).</summary>
    public static Exception OutOfMemory() => new System.Runtime.InteropServices.ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.65 GiB");

    public void Dispose() => _root.Delete(recursive: true);

    private static int[] Integers(JsonNode numbers) => [.. numbers.AsArray().Select(number => (int)number!)];
}
