using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>A pass on the card beside the same in float32 on the CPU, for every family.</summary>
public sealed class DecoderOnCardTests
{
    private const double Close = 1e-5;

    // bfloat16 has 8 bits of a number; three layers add their roundings up.
    private const double CloseInBfloat16 = 3e-2;

    public static TheoryData<string> Models => [.. GoldenTensors.Models];

    [CardTheory, MemberData(nameof(Models))]
    public void Forward_PaddedRows_AreThoseOfTheCpuWhereReal(string model)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var pair = new Pair(model);
        var golden = GoldenTensors.Read("golden", "models", $"{model}.safetensors");

        foreach (var side in (string[])["right_pad", "left_pad"])
        {
            var (ids, mask) = (golden[$"{side}.input_ids"], golden[$"{side}.attention_mask"]);
            var expected = pair.OnCpu.Forward(ids, new() { AttentionMask = mask }) * mask.unsqueeze(-1);
            var actual = pair.OnCard.Forward(Pair.Moved(ids), new() { AttentionMask = Pair.Moved(mask) }).cpu() * mask.unsqueeze(-1);

            Assert.InRange(Relative.Distance(actual, expected), 0, Close);
        }
    }

    [CardTheory, MemberData(nameof(Models))]
    public void Forward_PackedSegments_AreThoseOfTheCpu(string model)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var pair = new Pair(model);
        var ids = GoldenTensors.Read("golden", "models", $"{model}.safetensors")["plain.input_ids"];
        var segments = Segments(ids);

        var expected = pair.OnCpu.Forward(ids, new() { SegmentIds = segments });
        var actual = pair.OnCard.Forward(Pair.Moved(ids), new() { SegmentIds = Pair.Moved(segments) });

        Assert.InRange(Relative.Distance(actual, expected), 0, Close);
    }

    [CardTheory, MemberData(nameof(Models))]
    public void Forward_CacheInPieces_IsThatOfTheCpuAtOnce(string model)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var pair = new Pair(model);
        using var cache = new KeyValueCache(pair.OnCard, batch: 2);
        var ids = GoldenTensors.Read("golden", "models", $"{model}.safetensors")["plain.input_ids"];
        var moved = Pair.Moved(ids);
        var context = new ForwardContext { Cache = cache };

        var expected = pair.OnCpu.Forward(ids, new());
        var pieces = new[] { (0, 10), (10, 1), (11, 13) }.Select(piece => pair.OnCard.Forward(moved.narrow(1, piece.Item1, piece.Item2), context)).ToList();

        Assert.InRange(Relative.Distance(cat(pieces, 1), expected), 0, Close);
    }

    [CardTheory, MemberData(nameof(Models))]
    public void Forward_Bfloat16_IsCloseToFloat32(string model)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var pair = new Pair(model, ScalarType.BFloat16);
        var ids = GoldenTensors.Read("golden", "models", $"{model}.safetensors")["plain.input_ids"];
        var segments = Segments(ids);

        var plain = pair.OnCard.Forward(Pair.Moved(ids), new());
        var packed = pair.OnCard.Forward(Pair.Moved(ids), new() { SegmentIds = Pair.Moved(segments) });

        Assert.Equal(ScalarType.BFloat16, plain.dtype);
        Assert.InRange(Relative.Distance(plain, pair.OnCpu.Forward(ids, new())), 0, CloseInBfloat16);
        Assert.InRange(Relative.Distance(packed, pair.OnCpu.Forward(ids, new() { SegmentIds = segments })), 0, CloseInBfloat16);
    }

    [CardTheory]
    [InlineData(64)]
    [InlineData(128)]
    public void Forward_HeadsOfPublishedModels_AreThoseOfTheCpu(int headDim)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var config = GoldenTensors.Config("qwen3") with { HeadDim = headDim };
        using var onCpu = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, ScalarType.Float32, 5);
        using var onCard = ModelLoader.CreateRandom(config, Card.Device, ScalarType.Float32, 5);
        var ids = GoldenTensors.Read("golden", "models", "qwen3.safetensors")["plain.input_ids"];

        Assert.InRange(Relative.Distance(onCard.Forward(Pair.Moved(ids), new()), onCpu.Forward(ids, new())), 0, Close);
    }

    // A run of one token, a long one, and what stands for padding behind them, in every line.
    private static Tensor Segments(Tensor ids)
    {
        var length = (int)ids.size(1);
        long[] line = [1, .. Enumerable.Repeat(2L, length - 4), 0, 0, 0];
        return stack(Enumerable.Repeat(tensor(line), (int)ids.size(0)));
    }

    private sealed class Pair(string model, ScalarType dtype = ScalarType.Float32) : IDisposable
    {
        public Decoder OnCpu { get; } = ModelLoader.Load(TrainingRuns.Model(model), ComputeDevice.Cpu, ScalarType.Float32);

        public Decoder OnCard { get; } = ModelLoader.Load(TrainingRuns.Model(model), Card.Device, dtype);

        public static Tensor Moved(Tensor x) => x.to(Card.Device.Torch);

        public void Dispose()
        {
            OnCpu.Dispose();
            OnCard.Dispose();
        }
    }
}
