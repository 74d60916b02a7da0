using R1Lab.Engine.Devices;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>Settings that change how a step goes through a card, but not what it is.</summary>
public sealed class StepVariantsOnCardTests : IDisposable
{
    private const double Equal = 1e-6;

    private readonly CardRuns _runs = new();

    public static TheoryData<string> Methods => [.. CardRuns.Methods.Keys];

    public void Dispose() => _runs.Dispose();

    [CardTheory, MemberData(nameof(Methods))]
    public void Run_Checkpointing_TakesTheSameSteps(string name)
    {
        var recipe = CardRuns.Methods[name];

        var plain = _runs.Steps(recipe);

        CardRuns.AssertNear(plain, _runs.Steps(recipe with { GradientCheckpointing = true }), Equal, 1e-5);
        CardRuns.AssertNear(plain, _runs.Steps(recipe with { GradientCheckpointing = true, GradientCheckpointingLayers = 2, ActivationOffloading = true }), Equal, 1e-5);
    }

    [CardTheory, MemberData(nameof(Methods))]
    public void Run_Offloading_TakesTheSameSteps(string name)
    {
        var recipe = CardRuns.Methods[name] with { GradientCheckpointing = true };

        CardRuns.AssertNear(_runs.Steps(recipe), _runs.Steps(recipe with { ActivationOffloading = true }), Equal, 1e-5);
    }

    [CardTheory]
    [InlineData("lora", false)]
    [InlineData("packed lora", true)]
    [InlineData("nf4", true)]
    public void Run_EmbeddingOnTheHost_TakesTheSameSteps(string name, bool checkpointing)
    {
        var recipe = CardRuns.Methods[name] with { GradientCheckpointing = checkpointing, NeftuneNoiseAlpha = 0.5, ValSize = 4 };

        CardRuns.AssertNear(_runs.Steps(recipe with { EmbeddingOnHost = false }), _runs.Steps(recipe with { EmbeddingOnHost = true }), Equal, 1e-5);
    }

    [CardFact]
    public void Load_EmbeddingOnTheHost_LeavesTheCardAllOfTheRest()
    {
        Card.MustBeReal();
        using var model = Trainables.Load(CardRuns.Methods["nf4"], TrainingRuns.Model("llama_base"), Card.Device);

        Assert.Equal((ComputeDevice.Cpu, Card.Device), (model.Decoder.TokenDevice, model.Decoder.Device));
        Assert.Equal(["model.embed_tokens.weight"], model.Decoder.Parameters.Where(pair => pair.Value.device_type == TorchSharp.DeviceType.CPU).Select(pair => pair.Key));
    }

    [CardTheory]
    [InlineData(false, 0.0)]
    [InlineData(true, 0.0)]
    [InlineData(false, 5.0)]
    public void Run_DropoutAndNoiseWithCheckpointing_TakeTheSameSteps(bool dora, double noise)
    {
        var recipe = CardRuns.Plain with { Lora = CardRuns.Plain.Lora with { LoraDropout = 0.2, UseDora = dora }, NeftuneNoiseAlpha = noise };
        var plain = _runs.Steps(recipe);

        CardRuns.AssertNear(plain, _runs.Steps(recipe), Equal, 1e-5);
        CardRuns.AssertNear(plain, _runs.Steps(recipe with { GradientCheckpointing = true, ActivationOffloading = true }), Equal, 1e-5);
        // Nothing would be shown if nothing were drawn.
        Assert.All(plain.Zip(_runs.Steps(recipe with { Lora = CardRuns.Plain.Lora with { UseDora = dora }, NeftuneNoiseAlpha = null })).Skip(1), pair => Assert.NotEqual(pair.First.Loss, pair.Second.Loss));
    }

    [CardFact]
    public void Run_Neftune_LearnsFromOtherNumbers()
    {
        var noisy = _runs.Steps(CardRuns.Plain with { NeftuneNoiseAlpha = 0.5 });
        var plain = _runs.Steps(CardRuns.Plain);

        Assert.All(noisy.Zip(plain), pair => Assert.NotEqual(pair.First.Loss, pair.Second.Loss));
        Assert.True(noisy[^1].Loss < noisy[0].Loss);
    }

    [CardTheory]
    [InlineData("lora")]
    [InlineData("full")]
    public void Run_FourMicroBatches_IsOneOfFourRows(string name)
    {
        var recipe = CardRuns.Methods[name];

        CardRuns.AssertNear(_runs.Steps(recipe), _runs.Steps(recipe with { PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 4 }), 1e-4, 1e-3);
    }

    [CardTheory]
    [InlineData("lora", TrainingDtype.Float32, 1e-4)]
    [InlineData("full", TrainingDtype.Float32, 1e-4)]
    [InlineData("lora", TrainingDtype.Bfloat16, 2e-2)]
    public void Run_Packed_HasTheFirstLossUnpacked(string name, TrainingDtype dtype, double tolerance)
    {
        // Every step sees all rows, so that the order packing gives them does not matter.
        var rows = TrainingRuns.Rows()[..8];
        var recipe = CardRuns.Methods[name] with { Dtype = dtype, PerDeviceTrainBatchSize = 8, MaxSteps = 1, Shuffle = false };

        var alone = _runs.Run(_runs.Job(recipe, rows: rows)).Logged[0];
        var packed = _runs.Run(_runs.Job(recipe with { Packing = true, PerDeviceTrainBatchSize = 1, MaxLength = rows.Sum(row => row.Length) }, rows: rows)).Logged[0];

        Assert.InRange(Relative.Distance(packed.Loss!.Value, alone.Loss!.Value), 0, tolerance);
        Assert.InRange(Relative.Distance(packed.GradNorm!.Value, alone.GradNorm!.Value), 0, 3 * tolerance);
    }

    [CardTheory]
    [InlineData("full")]
    [InlineData("lora")]
    public void Run_8BitMoments_FollowsFloat32(string name)
    {
        var recipe = CardRuns.Methods[name];

        CardRuns.AssertNear(_runs.Steps(recipe), _runs.Steps(recipe with { Optim = OptimizerType.Adamw8Bit }), 2e-2, 0.1);
    }

    [CardFact]
    public void Run_WithEvaluation_JudgesTheHeldOutRows()
    {
        var recipe = CardRuns.Plain with { ValSize = 4, EvalSteps = 2 };
        var expected = _runs.Run(_runs.Job(recipe, device: ComputeDevice.Cpu)).Logged.Where(m => m.EvalLoss is not null).ToList();

        var actual = _runs.Run(_runs.Job(recipe)).Logged.Where(m => m.EvalLoss is not null).ToList();

        Assert.Equal([2, 4, 5], actual.Select(m => m.Step));
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Relative.Distance(pair.Second.EvalLoss!.Value, pair.First.EvalLoss!.Value), 0, 1e-3));
        Assert.All(actual, m => Assert.InRange(m.EvalTokenAccuracy!.Value, 0, 1));
    }
}
