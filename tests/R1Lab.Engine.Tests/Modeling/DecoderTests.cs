using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

public sealed class DecoderTests
{
    private const float LogitTolerance = 1e-4f;

    public static TheoryData<string> Models => [.. GoldenTensors.Models];

    [Theory, MemberData(nameof(Models))]
    public void Forward_PlainAndLong_EqualsHuggingFace(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "models", $"{model}.safetensors");
        using var decoder = TestDecoders.Load(model);

        var plain = decoder.Forward(golden["plain.input_ids"], new());
        var last = decoder.Forward(golden["long.input_ids"], new()).narrow(1, 92, 8);

        Assert.InRange(GoldenTensors.Distance(plain, golden["plain.logits"]), 0, LogitTolerance);
        Assert.InRange(GoldenTensors.Distance(last, golden["long.logits_last8"]), 0, LogitTolerance);
    }

    [Theory, MemberData(nameof(Models))]
    public void Forward_PaddedRows_EqualHuggingFaceWhereReal(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "models", $"{model}.safetensors");
        using var decoder = TestDecoders.Load(model);

        var right = decoder.Forward(golden["right_pad.input_ids"], new() { AttentionMask = golden["right_pad.attention_mask"] });
        var left = decoder.Forward(golden["left_pad.input_ids"], new() { AttentionMask = golden["left_pad.attention_mask"] });
        var counted = decoder.Forward(golden["left_pad.input_ids"], new() { AttentionMask = golden["left_pad.attention_mask"], PositionIds = golden["left_pad.position_ids"] });

        Assert.InRange(RealDistance(right, golden["right_pad.logits"], golden["right_pad.attention_mask"]), 0, LogitTolerance);
        Assert.InRange(RealDistance(left, golden["left_pad.logits"], golden["left_pad.attention_mask"]), 0, LogitTolerance);
        Assert.InRange(RealDistance(counted, golden["left_pad.logits_with_position_ids"], golden["left_pad.attention_mask"]), 0, LogitTolerance);
        Assert.False(right.isnan().any().item<bool>());
    }

    [Theory, MemberData(nameof(Models))]
    public void Forward_Loss_EqualsHuggingFace(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "models", $"{model}.safetensors");
        using var decoder = TestDecoders.Load(model);

        var logits = decoder.Forward(golden["plain.input_ids"], new());
        var perToken = TokenLoss(logits, golden["loss.labels"]);
        var trained = golden["loss.labels"].narrow(1, 1, 23).ne(-100).sum().item<long>();

        Assert.InRange(GoldenTensors.Distance(perToken, golden["loss.per_token"]), 0, 1e-4f);
        Assert.Equal(golden["loss.mean"].item<float>(), perToken.sum().item<float>() / trained, 2e-5f);
        Assert.Equal(golden["loss.with_num_items"].item<float>(), perToken.sum().item<float>() / golden["loss.num_items_in_batch"].item<long>(), 2e-5f);
    }

    [Fact]
    public void Block_EveryLayer_EqualsHuggingFacesHiddenStates()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "models", "llama_base.safetensors");
        using var decoder = TestDecoders.Load("llama_base");
        var context = new ForwardContext();

        var x = decoder.Embed(golden["plain.input_ids"]);
        var distances = new List<float> { GoldenTensors.Distance(x, golden["plain.hidden_states.0"]) };
        for (var i = 0; i < decoder.BlockCount; i++)
        {
            x = decoder.Block(i, x, context);
            var shown = i == decoder.BlockCount - 1 ? decoder.Normalize(x) : x;
            distances.Add(GoldenTensors.Distance(shown, golden[$"plain.hidden_states.{i + 1}"]));
        }

        Assert.All(distances, d => Assert.InRange(d, 0, 5e-5f));
    }

    [Theory, MemberData(nameof(Models))]
    public void Forward_WithCacheInPieces_EqualsOnePass(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids = GoldenTensors.Read("golden", "models", $"{model}.safetensors")["plain.input_ids"];
        using var decoder = TestDecoders.Load(model);
        using var cache = new KeyValueCache(decoder, batch: 2);
        var context = new ForwardContext { Cache = cache };

        var whole = decoder.Forward(ids, new());
        var pieces = cat([decoder.Forward(ids.narrow(1, 0, 10), context), decoder.Forward(ids.narrow(1, 10, 1), context), decoder.Forward(ids.narrow(1, 11, 13), context)], 1);

        Assert.Equal(24, cache.Length);
        Assert.InRange(GoldenTensors.Distance(pieces, whole), 0, 2e-5f);
    }

    [Fact]
    public void Forward_CacheGrowsOverBlocks_EqualsOnePass()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var decoder = TestDecoders.Load("llama_rope3_tied");
        using var cache = new KeyValueCache(decoder);
        var ids = arange(0, 300, ScalarType.Int64).remainder(97).unsqueeze(0);

        var whole = decoder.Forward(ids, new());
        _ = decoder.Forward(ids.narrow(1, 0, 255), new() { Cache = cache });
        _ = decoder.Forward(ids.narrow(1, 255, 1), new() { Cache = cache });
        var rest = decoder.Forward(ids.narrow(1, 256, 44), new() { Cache = cache });

        Assert.InRange(GoldenTensors.Distance(rest, whole.narrow(1, 256, 44)), 0, 5e-5f);
    }

    [Theory, MemberData(nameof(Models))]
    public void Forward_RowCachesOfDifferentLength_EqualEachRowAlone(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids = GoldenTensors.Read("golden", "models", $"{model}.safetensors")["plain.input_ids"];
        using var decoder = TestDecoders.Load(model);
        using var first = new KeyValueCache(decoder);
        using var second = new KeyValueCache(decoder);
        _ = decoder.Forward(ids.narrow(0, 0, 1).narrow(1, 0, 9), new() { Cache = first });
        _ = decoder.Forward(ids.narrow(0, 1, 1).narrow(1, 0, 20), new() { Cache = second });

        var step = cat([ids.narrow(0, 0, 1).narrow(1, 9, 1), ids.narrow(0, 1, 1).narrow(1, 20, 1)], 0);
        var together = decoder.Forward(step, new() { RowCaches = [first, second] });
        var whole = decoder.Forward(ids, new());

        Assert.InRange(GoldenTensors.Distance(together[0, 0], whole[0, 9]), 0, 2e-5f);
        Assert.InRange(GoldenTensors.Distance(together[1, 0], whole[1, 20]), 0, 2e-5f);
        Assert.Equal([10L, 21L], [first.Length, second.Length]);
    }

    [Theory, MemberData(nameof(Models))]
    public void Forward_PackedSegments_EqualEachExampleAlone(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids = GoldenTensors.Read("golden", "models", $"{model}.safetensors")["plain.input_ids"];
        using var decoder = TestDecoders.Load(model);
        var packed = cat([ids[0].narrow(0, 0, 7), ids[1].narrow(0, 0, 11), ids[0].narrow(0, 7, 5)]).unsqueeze(0);
        var segments = tensor(Enumerable.Repeat(0L, 7).Concat(Enumerable.Repeat(1L, 11)).Concat(Enumerable.Repeat(2L, 5)).ToArray()).unsqueeze(0);

        var together = decoder.Forward(packed, new() { SegmentIds = segments });
        var apart = cat([decoder.Forward(packed.narrow(1, 0, 7), new()), decoder.Forward(packed.narrow(1, 7, 11), new()), decoder.Forward(packed.narrow(1, 18, 5), new())], 1);

        Assert.InRange(GoldenTensors.Distance(together, apart), 0, 2e-5f);
    }

    [Fact]
    public void Forward_LayersRecomputed_GiveTheSameGradients()
    {
        using var scope = NewDisposeScope();
        var ids = GoldenTensors.Read("golden", "models", "qwen3.safetensors")["plain.input_ids"];
        using var decoder = TestDecoders.Load("qwen3");
        foreach (var parameter in decoder.Parameters.Values) parameter.requires_grad = true;

        decoder.Forward(ids, new() { Training = true }).logsumexp(-1).sum().backward();
        var plain = decoder.Parameters.ToDictionary(p => p.Key, p => p.Value.grad!.clone());
        foreach (var parameter in decoder.Parameters.Values) parameter.grad = null;
        Recompute(decoder, ids);

        Assert.All(decoder.Parameters, p => Assert.True(p.Value.grad!.equal(plain[p.Key]).all().item<bool>(), p.Key));
    }

    private static void Recompute(Decoder decoder, Tensor ids)
    {
        var context = new ForwardContext { Training = true };
        var inputs = new List<Tensor>();
        using (no_grad())
        {
            inputs.Add(decoder.Embed(ids));
            for (var i = 0; i < decoder.BlockCount; i++) inputs.Add(decoder.Block(i, inputs[i], context));
        }

        var hidden = inputs[^1].detach().requires_grad_();
        decoder.Head(decoder.Normalize(hidden)).logsumexp(-1).sum().backward();
        for (var i = decoder.BlockCount - 1; i >= 0; i--)
        {
            var x = inputs[i].detach().requires_grad_();
            autograd.backward([decoder.Block(i, x, context)], [hidden.grad!]);
            hidden = x;
        }

        autograd.backward([decoder.Embed(ids)], [hidden.grad!]);
    }

    private static Tensor TokenLoss(Tensor logits, Tensor labels)
    {
        var targets = labels.narrow(1, 1, labels.size(1) - 1);
        var logProbabilities = logits.narrow(1, 0, logits.size(1) - 1).log_softmax(-1);
        return -logProbabilities.gather(-1, targets.clamp_min(0).unsqueeze(-1)).squeeze(-1) * targets.ne(-100);
    }

    private static float RealDistance(Tensor actual, Tensor expected, Tensor mask) => GoldenTensors.Distance(actual * mask.unsqueeze(-1), expected * mask.unsqueeze(-1));
}
