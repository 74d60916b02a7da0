using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>Every way to train takes the steps on a card that it takes on the CPU.</summary>
public sealed class LossesOnCardTests : IDisposable
{
    private readonly CardRuns _runs = new();

    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var name in CardRuns.Methods.Keys) data.Add(name, "llama_base");
            data.Add("lora", "qwen2");
            data.Add("lora", "qwen3");
            data.Add("full", "qwen2");
            data.Add("full", "llama_rope3_tied");
            data.Add("nf4", "qwen3");
            return data;
        }
    }

    public void Dispose() => _runs.Dispose();

    [CardTheory, MemberData(nameof(Cases))]
    public void Run_Float32_HasTheLossesOfTheCpu(string name, string model)
    {
        var recipe = CardRuns.Methods[name];
        var expected = _runs.Steps(recipe, model, ComputeDevice.Cpu);

        var actual = _runs.Steps(recipe, model);

        // Roundings grow from step to step.
        CardRuns.AssertNear(expected[..1], actual[..1], 1e-4, 1e-3);
        CardRuns.AssertNear(expected, actual, 1e-3, 1e-2);
        Assert.True(actual[^1].Loss < actual[0].Loss);
    }

    [CardTheory, MemberData(nameof(Cases))]
    public void Run_DefaultType_IsCloseToFloat32(string name, string model)
    {
        var recipe = CardRuns.Methods[name];
        var expected = _runs.Steps(recipe, model, ComputeDevice.Cpu);

        // The CPU's own default would be float32.
        var actual = _runs.Steps(recipe with { Dtype = Card.IsStandIn ? TrainingDtype.Bfloat16 : TrainingDtype.Auto }, model);

        CardRuns.AssertNear(expected[..3], actual[..3], 2e-2, 5e-2);
    }

    [CardFact]
    public void DtypeOf_Auto_IsBfloat16OnACard() =>
        Assert.Equal(Card.IsStandIn ? ScalarType.Float32 : ScalarType.BFloat16, Trainables.DtypeOf(TrainingDtype.Auto, Card.Device));
}
