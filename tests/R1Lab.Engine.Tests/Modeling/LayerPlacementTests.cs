using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

/// <summary>
/// Not run on two cards yet. Two logical devices on the CPU show that values do not change; the meta device, which holds shapes only and is
/// a true other device, shows that everything a layer needs stands beside it.
/// </summary>
public sealed class LayerPlacementTests : IDisposable
{
    private static readonly ComputeDevice First = ComputeDevice.Cpu;
    private static readonly ComputeDevice Second = new(DeviceType.CPU, 1);
    private static readonly ComputeDevice Third = new(DeviceType.CPU, 2);

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Free bytes of three devices, and where ten layers of 10 with an embedding of 20 and a head of 20 go.</summary>
    public static TheoryData<long[], string, double> Spreads => new()
    {
        { [1000, 0, 0], "0 0000000000 0", 0.14 },
        { [100, 100, 0], "0 0000011111 1", 0.7 },
        { [100, 100, 100], "0 0001111122 2", 0.5 },
        { [50, 100, 100], "0 0111111222 2", 0.6 },
        { [5, 200, 0], "1 1111111111 1", 0.7 },
        { [30, 30, 30], "0 0001111122 2", 5 / 3.0 },
    };

    [Theory, MemberData(nameof(Spreads))]
    public void Spread_ThreeDevices_FillsThemInProportionAndKeepsNeighboursTogether(long[] free, string expected, double fill)
    {
        var devices = new[] { First, Second, Third }.Zip(free).ToList();

        var (placement, actual) = LayerPlacement.Spread(new PartBytes(20, [.. Enumerable.Repeat(10L, 10)], 20), devices);

        Assert.InRange(actual, fill * 0.999, fill * 1.001);
        Assert.Equal(expected, $"{placement.Embedding.Index} {string.Concat(placement.Layers.Select(device => device.Index))} {placement.Head.Index}");
    }

    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.Qlora)]
    [InlineData(TrainingMethod.Full)]
    public void Over_TooSmallDevices_AreNamed(TrainingMethod method)
    {
        var recipe = new TrainingRecipe { Method = method };

        var e = Assert.Throws<BadInputException>(() => SpreadLayers.Over([(First, 100_000), (Second, 50_000)], recipe, GoldenTensors.Config("llama_base"), ScalarType.Float32));

        Assert.Contains("cpu has 0.0 GB", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama_base")]
    [InlineData("llama_rope3_tied")]
    [InlineData("qwen3")]
    public void BytesOf_LoraParts_AreTheModelsBytes(string model)
    {
        using var decoder = TestDecoders.Load(model);

        var parts = SpreadLayers.BytesOf(new TrainingRecipe(), decoder.Config, ScalarType.Float32);

        Assert.Equal(decoder.MemoryBytes, parts.Total);
        Assert.Equal(3, parts.Layers.Count);
    }

    [Theory]
    [InlineData("llama_base", TrainingMethod.Lora, true)]
    [InlineData("llama_rope3_tied", TrainingMethod.Full, true)]
    [InlineData("qwen3", TrainingMethod.Full, false)]
    public void Backward_OverTwoLogicalDevices_IsBitEqual(string model, TrainingMethod method, bool checkpointing)
    {
        var recipe = TrainingRuns.Busy with { Method = method };
        using var whole = Trainables.Load(recipe, TrainingRuns.Model(model), First);
        using var loaded = ModelLoader.Load(TrainingRuns.Model(model), First, ScalarType.Float32, null, _ => new LayerPlacement(First, [First, Second, Second], Second));
        using var spread = method == TrainingMethod.Full ? null : AdapterSet.Create(loaded, recipe.Lora, recipe.Seed);
        foreach (var parameter in loaded.Parameters.Values) parameter.requires_grad = method == TrainingMethod.Full;

        var expected = Gradients(whole.Decoder, whole.Adapter, recipe, checkpointing);
        var actual = Gradients(loaded, spread, recipe, checkpointing);

        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.Equals(pair.Second)));
    }

    [Theory]
    [InlineData("llama_base", TrainingMethod.Lora, true)]
    [InlineData("llama_base", TrainingMethod.Lora, false)]
    [InlineData("qwen3", TrainingMethod.Full, true)]
    [InlineData("llama_rope3_tied", TrainingMethod.Full, false)]
    public void Backward_EmbeddingElsewhere_IsBitEqualWithItsNoise(string model, TrainingMethod method, bool checkpointing)
    {
        var recipe = TrainingRuns.Busy with { Method = method, NeftuneNoiseAlpha = 5 };
        using var whole = Trainables.Load(recipe, TrainingRuns.Model(model), First);
        using var loaded = ModelLoader.Load(TrainingRuns.Model(model), First, ScalarType.Float32, null, _ => new LayerPlacement(Second, [First, First, First], First), _ => method == TrainingMethod.Full);
        using var apart = method == TrainingMethod.Full ? null : AdapterSet.Create(loaded, recipe.Lora, recipe.Seed);
        foreach (var parameter in loaded.Parameters.Values) parameter.requires_grad = method == TrainingMethod.Full;

        var expected = Gradients(whole.Decoder, whole.Adapter, recipe, checkpointing);
        var actual = Gradients(loaded, apart, recipe, checkpointing);

        Assert.False(loaded.Placement.IsSpread);
        Assert.Equal((First, Second), (loaded.Device, loaded.TokenDevice));
        Assert.All(expected.Zip(actual, (one, other) => one.Equals(other)), Assert.True);
        Assert.Contains(expected, gradient => gradient.abs().max().ToSingle() > 0);
    }

    [Fact]
    public void Load_EmbeddingOnTheHost_PutsEverythingElseBesideTheLayers()
    {
        using var noGrad = no_grad();
        using var decoder = ModelLoader.Load(
            TrainingRuns.Model("llama_base"), ComputeDevice.Meta, ScalarType.Float32, null,
            _ => new LayerPlacement(First, [.. Enumerable.Repeat(ComputeDevice.Meta, 3)], ComputeDevice.Meta));

        var embedded = decoder.Embed(arange(12, dtype: ScalarType.Int64).view(2, 6));
        var logits = decoder.Head(decoder.Normalize(embedded));
        var plan = AttentionPlan.For(decoder, new ForwardContext(), 2, 6).On(ComputeDevice.Meta, decoder.Device);

        Assert.Equal([2, 6, decoder.Config.HiddenSize], embedded.shape);
        Assert.All(new[] { embedded, logits, plan.Cos, plan.SignedSin }, tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        Assert.All(decoder.Parameters, pair => Assert.Equal(pair.Key.Contains("embed", StringComparison.Ordinal) ? DeviceType.CPU : DeviceType.META, pair.Value.device_type));
    }

    [Fact]
    public void Forward_EmbeddingElsewhere_WritesTheSameLogitsTokenByToken()
    {
        using var noGrad = no_grad();
        using var whole = TestDecoders.Load("llama_base");
        using var apart = ModelLoader.Load(TrainingRuns.Model("llama_base"), First, ScalarType.Float32, null, _ => new LayerPlacement(Second, [First, First, First], First));
        var ids = arange(12, dtype: ScalarType.Int64).view(1, 12);

        Assert.All(Steps(whole).Zip(Steps(apart), (one, other) => one.Equals(other)), Assert.True);

        List<Tensor> Steps(Decoder decoder)
        {
            using var cache = new KeyValueCache(decoder);
            var context = new ForwardContext { Cache = cache };
            return [.. new[] { (0, 9), (9, 1), (10, 1), (11, 1) }.Select(part => decoder.Forward(ids.narrow(1, part.Item1, part.Item2), context))];
        }
    }

    [Theory]
    [InlineData(TrainingMethod.Qlora, true, "cpu")]
    [InlineData(TrainingMethod.Lora, false, "cuda:0")]
    [InlineData(TrainingMethod.Full, false, "cuda:0")]
    public void Over_Cards_PutsTheEmbeddingOfQloraOnTheHostAndCountsItNowhere(TrainingMethod method, bool fitsWithoutEmbedding, string expected)
    {
        var recipe = new TrainingRecipe { Method = method };
        var config = GoldenTensors.Config("llama_base");
        ComputeDevice[] cards = [new(DeviceType.CUDA, 0), new(DeviceType.CUDA, 1)];
        var parts = SpreadLayers.BytesOf(recipe, config, ScalarType.BFloat16);

        var placement = SpreadLayers.Over([.. cards.Select(card => (card, parts.Total))], recipe, config, ScalarType.BFloat16);

        Assert.Equal(expected, $"{placement.Embedding}");
        Assert.All(placement.Layers.Append(placement.Head), device => Assert.True(device.IsCuda));
        Assert.Equal(fitsWithoutEmbedding, Fits(parts.Total - parts.Embedding));

        bool Fits(long one)
        {
            try
            {
                return SpreadLayers.Over([(cards[0], one)], recipe, config, ScalarType.BFloat16) is not null;
            }
            catch (BadInputException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void Load_LastLayersElsewhere_PutsEverythingBesideThem()
    {
        using var noGrad = no_grad();
        using var decoder = ModelLoader.Load(TrainingRuns.Model("qwen3_yarn"), First, ScalarType.Float32, null, _ => new LayerPlacement(First, [First, ComputeDevice.Meta, ComputeDevice.Meta], ComputeDevice.Meta));
        using var adapter = AdapterSet.Create(decoder, TrainingRuns.Busy.Lora, 1);
        using var optimizer = new Optimizer(adapter.Parameters, TrainingRuns.Busy, _ => true);
        using var cache = new KeyValueCache(decoder);

        var added = zeros(1, decoder.Config.KeyValueHeadCount, 5, decoder.Config.HeadDim, device: META);
        var (keys, _) = cache.Append(2, added, added);
        var plan = AttentionPlan.For(decoder, new ForwardContext { AttentionMask = tensor(new long[] { 0, 1, 1, 1, 1 }, [1, 5]) }, 1, 5).On(ComputeDevice.Meta, First);

        static DeviceType At(string name) => name.Contains("layers.0.", StringComparison.Ordinal) || name.Contains("embed", StringComparison.Ordinal) ? DeviceType.CPU : DeviceType.META;
        Assert.All(decoder.Parameters, pair => Assert.Equal(At(pair.Key), pair.Value.device_type));
        Assert.All(adapter.Parameters, pair => Assert.Equal(At(pair.Key), pair.Value.device_type));
        Assert.All(adapter.Parameters.Keys.Zip(optimizer.Gradients.Views), pair => Assert.Equal(At(pair.First), pair.Second.device_type));
        Assert.All(new[] { keys, plan.Cos, plan.SignedSin, plan.Mask! }, tensor => Assert.Equal(DeviceType.META, tensor.device_type));
    }

    [Fact]
    public void Forward_HeadElsewhere_MovesThere()
    {
        using var noGrad = no_grad();
        using var decoder = ModelLoader.Load(TrainingRuns.Model("llama_base"), First, ScalarType.Float32, null, _ => new LayerPlacement(First, [First, First, First], ComputeDevice.Meta));

        var logits = decoder.Forward(arange(12, dtype: ScalarType.Int64).view(1, 12), new ForwardContext());

        Assert.Equal((DeviceType.META, 512L), (logits.device_type, logits.size(-1)));
    }

    private static List<Tensor> Gradients(Decoder decoder, AdapterSet? adapter, TrainingRecipe recipe, bool checkpointing)
    {
        using var optimizer = new Optimizer(adapter?.Parameters ?? decoder.Parameters, recipe, _ => true);
        var batch = new Batcher(TrainingRuns.Rows(), new(2, 1, null, Shuffle: false, Seed: 0)).Next();
        new TrainingPass(decoder, adapter, checkpointing).Backward(batch.MicroBatches[0], 10, 7);
        return [.. optimizer.Gradients.Views.Select(view => view.clone())];
    }
}
