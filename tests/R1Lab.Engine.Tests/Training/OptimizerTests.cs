using R1Lab.Engine.Adapters;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

public sealed class OptimizerTests : IDisposable
{
    private static readonly TrainingRecipe Full = TrainingRuns.Busy with { Method = TrainingMethod.Full, LearningRate = 1e-3, LoggingSteps = 1, ValSize = 0, MaxSteps = 20, WeightDecay = 0.1 };

    private readonly TrainingRuns _runs = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _runs.Dispose();
    }

    [Theory]
    [InlineData("llama_rope3_tied")]
    [InlineData("qwen3")]
    public void Run_8BitMoments_LearnsAsWithFloat32(string model)
    {
        _runs.Run(_runs.Job(Full, model));
        var exact = _runs.Metrics.Select(m => m.Loss!.Value).ToArray();
        _runs.Metrics.Clear();

        _runs.Run(_runs.Job(Full with { Optim = OptimizerType.Adamw8Bit }, model));

        // 2 % of the loss in each of 20 steps, while the loss falls by far more.
        Assert.All(_runs.Metrics.Zip(exact), pair => Assert.Equal(1, pair.First.Loss!.Value / pair.Second, 0.02));
        Assert.NotEqual(exact, _runs.Metrics.Select(m => m.Loss!.Value));
        Assert.True(exact[^1] < 0.7 * exact[0]);
    }

    [Fact]
    public void MomentBytes_8Bit_AreTwoAParameter()
    {
        var parameters = new Dictionary<string, Tensor> { ["large"] = zeros(512, 1000), ["small"] = zeros(Moments.LeastForBytes - 1) };
        using var optimizer = new Optimizer(parameters, Full with { Optim = OptimizerType.Adamw8Bit }, _ => true);
        using var exact = new Optimizer(parameters, Full, _ => true);

        // Two bytes, and two float32 scales a block of 256; small tensors keep float32.
        Assert.Equal(512_000 * (2 + 8 / 256.0) + 8 * 4095, optimizer.MomentBytes);
        Assert.Equal(8 * (512_000 + 4095), exact.MomentBytes);
    }

    [Fact]
    public void Step_8BitFirstStep_IsTheExactOne()
    {
        // Moments are zero before the first step, whatever they are held in; more than one piece of 2^22 numbers.
        var gradient = rand(4, (1 << 20) + 100, generator: new Generator(1)) - 0.5f;

        var (exact, packed) = (Stepped(OptimizerType.Adamw, gradient), Stepped(OptimizerType.Adamw8Bit, gradient));

        Assert.True(exact.Equals(packed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Step_LoraPlus_MovesBByTheRatio(bool dora)
    {
        var recipe = TrainingRuns.Busy with { Lora = new LoraSettings { R = 4, UseDora = dora } };
        using var model = Trainables.Load(recipe, TrainingRuns.Model("qwen3"), ComputeDevice.Cpu);
        var before = model.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
        using var optimizer = new Optimizer(model.Parameters, recipe with { Lora = recipe.Lora with { LoraplusLrRatio = 16 } }, _ => false);
        foreach (var view in optimizer.Gradients.Views) view.fill_(1);

        optimizer.Step(1e-4);

        // With a gradient of 1 everywhere Adam's first step is the rate itself.
        Assert.All(model.Parameters, pair =>
        {
            var moved = (before[pair.Key] - pair.Value.detach()).mean().ToSingle();
            Assert.Equal(pair.Key.EndsWith("lora_A.weight", StringComparison.Ordinal) ? 1e-4 : 16e-4, moved, 1e-6);
        });
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj.weight", true, true)]
    [InlineData("model.layers.0.self_attn.q_proj.bias", false, false)]
    [InlineData("model.embed_tokens.weight", true, true)]
    [InlineData("model.layers.0.input_layernorm.weight", false, false)]
    [InlineData("model.norm.weight", false, true)]
    [InlineData("model.layers.0.self_attn.q_norm.weight", false, true)]
    public void DecaysByDefault_NameAndFamily_FollowTransformers(string name, bool llama, bool qwen)
    {
        Assert.Equal(llama, Optimizer.DecaysByDefault(name, DecoderFamily.Llama));
        Assert.Equal(qwen, Optimizer.DecaysByDefault(name, DecoderFamily.Qwen2));
    }

    [Theory]
    [InlineData(true, 0.9)]
    [InlineData(false, 1)]
    public void Step_NoGradient_MovesOnlyWhatDecays(bool decays, float expected)
    {
        var parameter = ones(3);
        var parameters = new Dictionary<string, Tensor> { ["weight"] = parameter };
        using var optimizer = new Optimizer(parameters, Full with { WeightDecay = 0.1 }, _ => decays);

        optimizer.Step(1);

        Assert.Equal([expected, expected, expected], parameter.data<float>().ToArray());
    }

    private static Tensor Stepped(OptimizerType type, Tensor gradient)
    {
        var parameter = ones(gradient.shape);
        using var optimizer = new Optimizer(new Dictionary<string, Tensor> { ["weight"] = parameter }, Full with { Optim = type }, _ => true);
        using (no_grad()) optimizer.Gradients.Views[0].copy_(gradient);
        optimizer.Step(1e-3);
        return parameter;
    }
}
