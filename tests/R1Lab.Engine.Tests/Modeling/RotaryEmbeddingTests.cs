using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

public sealed class RotaryEmbeddingTests
{
    public static TheoryData<string> Models => [.. GoldenTensors.Models];

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
