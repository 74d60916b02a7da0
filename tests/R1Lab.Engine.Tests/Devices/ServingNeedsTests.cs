using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Devices;

/// <summary>What a model needs to answer is counted, and refused, before a weight is read.</summary>
public sealed class ServingNeedsTests
{
    private const long Parameters8B = 8_030_261_248; // as the model card states them

    private static DecoderConfig Llama8B => DecoderConfig.Parse(JsonNode.Parse(PublishedConfigs.Json["DeepSeek-R1-Distill-Llama-8B"])!.AsObject(), "config.json");

    [Fact]
    public void Of_Bfloat16ModelOnTheCpu_CountsFloat32WeightsAndOneAnswer()
    {
        var needs = ServingNeeds.Of(Llama8B, isCuda: false);

        // 32 layers, 8 heads of 128 for keys and values, 4,096 tokens, 4 bytes; the largest tensor is the embedding in bfloat16.
        const long cache = 2L * 32 * 8 * 128 * 4096 * 4;
        Assert.Equal((Parameters8B * 4, 128_256L * 4096 * 2), (needs.Weights, needs.Loading));
        Assert.InRange(needs.Answer, cache, cache * 3 / 2);
        Assert.True(needs.TotalBytes > 33_000_000_000, $"{needs}"); // more than a machine of 24 GB has
    }

    [Fact]
    public void Of_SameModelOnACard_StaysInItsOwnType() => Assert.Equal(Parameters8B * 2, ServingNeeds.Of(Llama8B, isCuda: true).Weights);

    [Fact]
    public void Of_WithAnAdapter_CountsItInTheBasesType() => Assert.Equal(84_000_000 * 2, ServingNeeds.Of(Llama8B, isCuda: false, adapterFileBytes: 84_000_000).Adapter);

    [Fact]
    public void LargestModel_OfWhatIsFree_FitsAndNoLarger()
    {
        var needs = ServingNeeds.Of(Llama8B, isCuda: false);

        var largest = needs.LargestModel(20L << 30);

        Assert.InRange(largest * 4 + (needs.TotalBytes - needs.Weights), (20L << 30) - 4, 20L << 30);
        Assert.Equal(0, needs.LargestModel(1));
    }

    [Fact]
    public void Load_LessMemoryThanTheModelNeeds_IsRefusedWithTheNumbers()
    {
        var capacity = new DeviceCapacity("cpu", false, 40_000_000, 40_000_000);

        var refused = Assert.Throws<MemoryRefusedException>(() => LoadedModel.Load(TrainingRuns.Model("llama_base"), ComputeDevice.Cpu, null, capacity));

        Assert.Equal(40_000_000, refused.FreeBytes);
        Assert.True(refused.NeededBytes > 40_000_000);
        Assert.Contains("cpu has 40.0 MB free", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_CacheLargerThanTheMachine_IsRefusedBeforeItIsAllocated()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux says how much memory is left.");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var decoder = TestDecoders.Load("llama_base");
        using var cache = new KeyValueCache(decoder, batch: 100_000_000);
        var one = zeros(1, decoder.Config.KeyValueHeadCount, 1, decoder.Config.HeadDim);

        Assert.Throws<MemoryRefusedException>(() => cache.Append(0, one, one));
        Assert.Equal(0, cache.Bytes);
    }

    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.Full)]
    public void StoredBytes_OfARun_AreItsTensors(TrainingMethod method)
    {
        using var decoder = TestDecoders.Load("llama_base");
        using var adapter = AdapterSet.Create(decoder, new LoraSettings(), 1);
        var recipe = new TrainingRecipe { Method = method, Dtype = TrainingDtype.Float32 };

        var stored = MemoryPlan.StoredBytes(recipe, decoder.Config, new DeviceCapacity("cpu", false, 1, 1));

        // Gradient and two moments of 4 bytes for every number that learns.
        var learning = method == TrainingMethod.Full ? decoder.MemoryBytes : adapter.MemoryBytes;
        Assert.Equal(decoder.MemoryBytes + (method == TrainingMethod.Full ? 0 : learning) + (3 * learning), stored);
    }
}
