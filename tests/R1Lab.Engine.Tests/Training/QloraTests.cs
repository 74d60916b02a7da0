using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Quantization;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Tests.Quantization;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

public sealed class QloraTests : IDisposable
{
    private static readonly TrainingRecipe Qlora = TrainingRuns.Busy with { Method = TrainingMethod.Qlora, LoggingSteps = 1, ValSize = 0, MaxSteps = 8 };

    private readonly TrainingRuns _runs = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _runs.Dispose();
    }

    [Theory]
    [InlineData(BaseQuantization.Nf4, true, false)]
    [InlineData(BaseQuantization.Nf4, false, true)]
    [InlineData(BaseQuantization.Int8, true, false)]
    public void Backward_QuantizedBase_HasTheGradientsOfItsDenseForm(BaseQuantization quantization, bool doubleQuantization, bool dora)
    {
        var recipe = (Qlora with { Quantization = quantization, DoubleQuantization = doubleQuantization, Lora = Qlora.Lora with { UseDora = dora } }).Effective();
        using var model = Trainables.Load(recipe, TrainingRuns.Model("qwen2"), ComputeDevice.Cpu);
        using var dense = Dequantized(model.Decoder);
        using var twin = AdapterSet.Create(dense, recipe.Lora, recipe.Seed);

        var expected = Gradients(dense, twin, recipe, checkpointing: false);
        var actual = Gradients(model.Decoder, model.Adapter!, recipe, checkpointing: true);

        Assert.True(model.Decoder.IsQuantized);
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, pair => Assert.InRange(GoldenTensors.Distance(actual[pair.Key], pair.Value), 0, 1e-5f * (1e-3f + pair.Value.abs().max().item<float>())));
    }

    [Theory]
    [InlineData(BaseQuantization.Nf4, 0.03)]
    [InlineData(BaseQuantization.Int8, 0.01)]
    public void Run_QuantizedBase_LearnsLikeLora(BaseQuantization quantization, double tolerance)
    {
        _runs.Run(_runs.Job(Qlora with { Method = TrainingMethod.Lora }, "llama_base"));
        var lora = _runs.Metrics.Select(m => m.Loss!.Value).ToArray();
        _runs.Metrics.Clear();

        var result = _runs.Run(_runs.Job(Qlora with { Quantization = quantization }, "llama_base"));

        Assert.All(_runs.Metrics.Zip(lora), pair => Assert.Equal(1, pair.First.Loss!.Value / pair.Second, tolerance));
        Assert.True(_runs.Metrics[^1].Loss < _runs.Metrics[0].Loss);
        Assert.Contains(_runs.Events, e => e.Kind == "adjusted" && e.Arguments.Contains("qlora_checkpointing"));
        Assert.True(File.Exists(Path.Combine(result.OutputPath, "adapter_config.json")));
    }

    [Fact]
    public void Run_Finished_AdapterGoesIntoTheUnquantizedBase()
    {
        var job = _runs.Job(Qlora, "qwen3");
        var result = _runs.Run(job);
        using var noGrad = no_grad();
        using var decoder = ModelLoader.Load(job.ModelFolder, ComputeDevice.Cpu, ScalarType.Float32);
        using var adapter = AdapterSet.Load(decoder, result.OutputPath, trainable: false);
        var ids = tensor(new long[] { 5, 9, 100, 7 }, [1, 4]);
        var live = decoder.Forward(ids, new() { Adapter = adapter });

        adapter.MergeInto(decoder);

        Assert.InRange(GoldenTensors.Distance(decoder.Forward(ids, new()), live), 0, 2e-4f);
    }

    [Fact]
    public void MergeInto_QuantizedBase_IsRefusedInWords()
    {
        using var model = Trainables.Load(Qlora, TrainingRuns.Model("qwen3"), ComputeDevice.Cpu);

        var merging = Assert.Throws<InvalidOperationException>(() => model.Adapter!.MergeInto(model.Decoder));
        var saving = Assert.Throws<InvalidOperationException>(() => ModelLoader.Save(model.Decoder, _runs.NewFolder(), ScalarType.Float32));

        Assert.All([merging, saving], e => Assert.Contains("exact weight", e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_Quantized_HoldsFewBytes()
    {
        using var model = Trainables.Load(Qlora, TrainingRuns.Model("llama_base"), ComputeDevice.Cpu);

        var config = model.Decoder.Config;
        var maps = Decoder.QuantizableNames(config).Sum(name => Decoder.ParameterShapes(config)[name].Aggregate(1L, (a, b) => a * b));
        var rest = model.Decoder.Parameters.Values.Sum(tensor => tensor.numel() * tensor.element_size());
        // Small maps do not fill the blocks of 256 scales.
        Assert.InRange((model.Decoder.MemoryBytes - rest) * 8.0 / maps, 4.12, 4.6);
        Assert.DoesNotContain(model.Decoder.Parameters.Keys, name => name.EndsWith("_proj.weight", StringComparison.Ordinal));
    }

    [Fact]
    public void Backward_InSegments_KeepsNoMoreThanOneLayerDense()
    {
        var config = GoldenTensors.Config("llama_base") with { LayerCount = 6 };
        using var random = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, ScalarType.Float32, 3);
        using var decoder = Quantized(random, weight => new TrackedWeight(Nf4Weight.Quantize(weight, doubleQuantization: true)));
        using var adapter = AdapterSet.Create(decoder, Qlora.Lora, 1);
        TrackedWeight.Reset();

        Gradients(decoder, adapter, Qlora, checkpointing: true);
        var (inSegments, left) = (TrackedWeight.MostAlive, TrackedWeight.Alive);
        TrackedWeight.Reset();
        Gradients(decoder, adapter, Qlora, checkpointing: false);

        Assert.InRange(inSegments, 1, Projection.Kinds);
        // In one graph all stay, but for the first layer's q, k and v: nothing before them learns.
        Assert.Equal((0, 6 * Projection.Kinds - 3), (left, TrackedWeight.MostAlive));
    }

    private static Dictionary<string, Tensor> Gradients(Decoder decoder, AdapterSet adapter, TrainingRecipe recipe, bool checkpointing)
    {
        // B is zero at the start, and A has no gradient then.
        using (no_grad())
        {
            var i = 0;
            foreach (var (_, up) in adapter.Parameters.Where(pair => pair.Key.Contains("lora_B", StringComparison.Ordinal))) up.normal_(0, 0.02, new Generator((ulong)++i));
        }

        using var optimizer = new Optimizer(adapter.Parameters, recipe, _ => true);
        optimizer.Gradients.Clear();
        var batch = new Batcher(TrainingRuns.Rows(), new(2, 1, null, Shuffle: false, Seed: 0)).Next();
        new TrainingPass(decoder, adapter, checkpointing).Backward(batch.MicroBatches[0], 10, 7);
        return adapter.Parameters.Keys.Zip(optimizer.Gradients.Views).ToDictionary(pair => pair.First, pair => pair.Second.clone());
    }

    private static Decoder Dequantized(Decoder decoder)
    {
        using var noGrad = no_grad();
        var parameters = decoder.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        foreach (var at in decoder.Projections) parameters[$"{at.Path}.weight"] = at.Exact();
        foreach (var tensor in parameters.Values) tensor.DetachFromDisposeScope();
        return new Decoder(decoder.Config, parameters, decoder.Device, decoder.Dtype);
    }

    private static Decoder Quantized(Decoder decoder, Func<Tensor, IQuantizedWeight> quantize)
    {
        using var noGrad = no_grad();
        var names = Decoder.QuantizableNames(decoder.Config).ToHashSet();
        var rest = decoder.Parameters.Where(pair => !names.Contains(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value.clone().DetachFromDisposeScope());
        return new Decoder(decoder.Config, rest, decoder.Device, decoder.Dtype, names.ToDictionary(name => name, name => quantize(decoder.Parameters[name])));
    }
}
