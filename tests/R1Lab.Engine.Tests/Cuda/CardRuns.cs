using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>Short runs on the golden models, on the card and, to compare, on the CPU.</summary>
internal sealed class CardRuns : IDisposable
{
    private readonly TrainingRuns _runs = new();

    /// <summary>Five steps of LoRA in float32, each logged, with nothing drawn at random.</summary>
    public static TrainingRecipe Plain { get; } = new()
    {
        LearningRate = 2e-3,
        LrSchedulerType = SchedulerType.Cosine,
        PerDeviceTrainBatchSize = 4,
        MaxSteps = 5,
        SaveSteps = 1000,
        Dtype = TrainingDtype.Float32,
        Lora = new LoraSettings { R = 4, LoraAlpha = 8 },
    };

    /// <summary>The ways to train, by the name a test shows.</summary>
    public static IReadOnlyDictionary<string, TrainingRecipe> Methods { get; } = new Dictionary<string, TrainingRecipe>
    {
        ["lora"] = Plain,
        ["rslora"] = Plain with { Lora = Plain.Lora with { UseRslora = true } },
        ["dora"] = Plain with { Method = TrainingMethod.Dora },
        ["lora+"] = Plain with { Lora = Plain.Lora with { LoraplusLrRatio = 8 } },
        ["packed lora"] = Plain with { Packing = true, MaxLength = 48, PerDeviceTrainBatchSize = 2 },
        ["full"] = Plain with { Method = TrainingMethod.Full, LearningRate = 5e-4, WeightDecay = 0.1 },
        ["packed full"] = Plain with { Method = TrainingMethod.Full, LearningRate = 5e-4, Packing = true, MaxLength = 48, PerDeviceTrainBatchSize = 2 },
        ["frozen layers"] = Plain with { Method = TrainingMethod.Full, LearningRate = 5e-4, FreezeLayers = 2 },
        ["nf4"] = Plain with { Method = TrainingMethod.Qlora },
        ["nf4, single scales"] = Plain with { Method = TrainingMethod.Qlora, DoubleQuantization = false },
        ["int8"] = Plain with { Method = TrainingMethod.Qlora, Quantization = BaseQuantization.Int8 },
    };

    public List<TrainingEvent> Events => _runs.Events;

    public string NewFolder() => _runs.NewFolder();

    public TrainingJob Job(TrainingRecipe recipe, string model = "llama_base", IReadOnlyList<TokenExample>? rows = null, ComputeDevice? device = null) =>
        _runs.Job(recipe, model, rows) with { Device = device ?? Card.Device };

    /// <summary>Trains; what was told before is forgotten.</summary>
    /// <param name="stopAfter">The step in which a stop is asked for.</param>
    /// <returns>The result and every entry that was logged.</returns>
    public (TrainingResult Result, List<StepMetrics> Logged) Run(TrainingJob job, int? stopAfter = null)
    {
        _runs.Metrics.Clear();
        _runs.Events.Clear();
        var result = _runs.Run(job, stopAfter);
        return (result, [.. _runs.Metrics]);
    }

    /// <summary>The loss and the gradient's norm of every step.</summary>
    public List<(double Loss, double GradNorm)> Steps(TrainingRecipe recipe, string model = "llama_base", ComputeDevice? device = null) =>
        [.. Run(Job(recipe, model, device: device)).Logged.Select(m => (m.Loss!.Value, m.GradNorm!.Value))];

    /// <summary>Holds every step against the one expected, by share.</summary>
    public static void AssertNear(IReadOnlyList<(double Loss, double GradNorm)> expected, IReadOnlyList<(double Loss, double GradNorm)> actual, double loss, double gradient)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Relative.Distance(pair.Second.Loss, pair.First.Loss), 0, loss));
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Relative.Distance(pair.Second.GradNorm, pair.First.GradNorm), 0, gradient));
    }

    public void Dispose() => _runs.Dispose();
}
