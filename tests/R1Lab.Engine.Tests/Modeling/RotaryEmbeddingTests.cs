using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

public sealed class RotaryEmbeddingTests
{
    public static TheoryData<string> Models => [.. GoldenTensors.Models];

    // transformers' _compute_yarn_parameters worked out in double precision. HeadDim 16, base 10,000, original length 64, turns 32 and 1:
    // the ramp runs from -0.99 (so 0) to 2.02 of 8 frequencies, truncated to 3.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void At_Yarn_TruncatesTheRampOnlyWhenAsked(bool truncate)
    {
        using var scope = NewDisposeScope();
        var config = GoldenTensors.Config("llama_base") with
        {
            HeadDim = 16,
            RopeTheta = 10_000,
            RopeScaling = new RopeScaling.Yarn(
                Factor: 4, OriginalMaxPositions: 64, AttentionFactor: null, BetaFast: 32, BetaSlow: 1, truncate),
        };

        using var rotary = new RotaryEmbedding(config, ComputeDevice.Cpu, ScalarType.Float32);

        var high = 16 * Math.Log(64 / (2 * Math.PI)) / (2 * Math.Log(10_000));
        if (truncate) high = Math.Ceiling(high);
        var expected = Enumerable.Range(0, 8).Select(i =>
        {
            var (plain, stretched) = (Math.Pow(10_000, -i / 8.0), Math.Clamp(i / high, 0, 1));
            return plain / 4 * stretched + plain * (1 - stretched);
        });
        var actual = rotary.InverseFrequencies.data<float>().Select(value => (double)value);
        Assert.Equal(expected, actual, (a, b) => Math.Abs(a / b - 1) < 1e-5);
    }

    // 0.1 ln(factor) + 1 by the paper; both mscale fields give a quotient, one alone changes nothing; a given factor wins.
    [Theory]
    [InlineData("", 1.1386294361119891)]
    [InlineData(""","attention_factor":1.5""", 1.5)]
    [InlineData(""","attention_factor":1.5,"mscale":2,"mscale_all_dim":1""", 1.5)]
    [InlineData(""","mscale":2,"mscale_all_dim":1""", 1.1217511)]
    [InlineData(""","mscale":2""", 1.1386294361119891)]
    [InlineData(""","mscale_all_dim":2""", 1.1386294361119891)]
    public void AttentionScaling_Yarn_FollowsTheGivenFields(string more, double expected)
    {
        var json = GoldenTensors.Json("models", "llama_base", "config.json");
        json["rope_scaling"] = JsonNode.Parse($$"""{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":64{{more}}}""");

        using var rotary = new RotaryEmbedding(DecoderConfig.Parse(json, "config.json"), ComputeDevice.Cpu, ScalarType.Float32);

        Assert.Equal(expected, rotary.AttentionScaling, 1e-6);
    }

    [Theory, MemberData(nameof(Models))]
    public void At_GoldenPositions_EqualsHuggingFace(string model)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "models", $"{model}.safetensors");
        using var rotary = new RotaryEmbedding(GoldenTensors.Config(model), ComputeDevice.Cpu, ScalarType.Float32);

        var (cos, sin) = rotary.At(golden["rope.position_ids"]);

        Assert.InRange(GoldenTensors.Distance(rotary.InverseFrequencies / golden["rope.inv_freq"], ones(golden["rope.inv_freq"].shape)), 0, 1e-6f);
        Assert.Equal(golden["rope.attention_scaling"].item<float>(), (float)rotary.AttentionScaling, 1e-6f);
        Assert.InRange(GoldenTensors.Distance(cos, golden["rope.cos"]), 0, 1e-6f);
        Assert.InRange(GoldenTensors.Distance(sin, golden["rope.sin"]), 0, 1e-6f);
    }
}
