using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Frozen layers, an adapter to start from, noise on embeddings, off-loaded activations.</summary>
public sealed class TrainingMethodTests : IDisposable
{
    private static readonly TrainingRecipe Short = TrainingRuns.Busy with { LoggingSteps = 1, ValSize = 0, MaxSteps = 3, WarmupSteps = 0 };

    private readonly TrainingRuns _runs = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _runs.Dispose();
    }

    [Theory]
    [InlineData("qwen2", 1, false)]
    [InlineData("qwen2", 2, true)]
    [InlineData("llama_rope3_tied", 3, true)]
    public void Run_FreezeLayers_ChangesOnlyWhatIsBehindThem(string model, int frozen, bool checkpointing)
    {
        var job = _runs.Job(Short with { Method = TrainingMethod.Full, LearningRate = 1e-3, FreezeLayers = frozen, GradientCheckpointing = checkpointing }, model);

        var result = _runs.Run(job);

        using var before = ModelLoader.Load(job.ModelFolder, ComputeDevice.Cpu, ScalarType.Float32);
        using var after = ModelLoader.Load(result.OutputPath, ComputeDevice.Cpu, ScalarType.Float32);
        Assert.All(before.Parameters, pair =>
        {
            var stays = pair.Key == "model.embed_tokens.weight" || Enumerable.Range(0, frozen).Any(i => pair.Key.StartsWith($"model.layers.{i}.", StringComparison.Ordinal));
            Assert.Equal(stays, pair.Value.Equals(after.Parameters[pair.Key]));
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_FreezeLayers_GivesOnlyTheRestToTheOptimizer(bool checkpointing)
    {
        var recipe = Short with { Method = TrainingMethod.Full, FreezeLayers = 2 };
        using var model = Trainables.Load(recipe, TrainingRuns.Model("qwen2"), ComputeDevice.Cpu);

        var gradients = Gradients(model, recipe, new TrainingPass(model.Decoder, null, checkpointing));

        using var all = Trainables.Load(recipe with { FreezeLayers = 0 }, TrainingRuns.Model("qwen2"), ComputeDevice.Cpu);
        var whole = Gradients(all, recipe, new TrainingPass(all.Decoder, null, checkpointing));
        Assert.Equal(all.Parameters.Keys.Where(name => name.Contains("layers.2.", StringComparison.Ordinal) || !name.Contains("layers.", StringComparison.Ordinal) && name != "model.embed_tokens.weight"), gradients.Keys);
        Assert.All(gradients, pair => Assert.True(pair.Value.Equals(whole[pair.Key])));
    }

    [Fact]
    public void Run_FreezeMoreThanThereIs_IsRefusedInWords()
    {
        var e = Assert.Throws<BadInputException>(() => _runs.Run(_runs.Job(Short with { Method = TrainingMethod.Full, FreezeLayers = 4 })));

        Assert.Contains("the model has 3 layers", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lora", false, false, null)]
    [InlineData("rslora", true, false, null)]
    [InlineData("dora", false, true, null)]
    [InlineData("lora", true, false, "lora.use_rslora is on")]
    [InlineData("lora", false, true, "use_dora")]
    public void Run_InitFrom_TakesTheAdapterOrNamesTheContradiction(string adapter, bool rslora, bool dora, string? refusal)
    {
        var recipe = Short with { Lora = new LoraSettings { InitFrom = Folder(adapter), UseRslora = rslora, UseDora = dora } };

        var e = Record.Exception(() => _runs.Run(_runs.Job(recipe)));

        Assert.Equal(refusal is null, e is null);
        Assert.Contains(refusal ?? "", e?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Run_InitFromOtherRankAndModules_NamesEach()
    {
        var recipe = Short with { Lora = new LoraSettings { InitFrom = Folder("lora_qv_r4"), R = 3, LoraAlpha = 7, TargetModules = ["q_proj", "up_proj"] } };

        var e = Assert.Throws<BadInputException>(() => _runs.Run(_runs.Job(recipe)));

        Assert.Contains("lora.r is 3, the adapter's is 4; lora.lora_alpha is 7", e.Message, StringComparison.Ordinal);
        Assert.Contains("lora.target_modules names up_proj, which the adapter does not have", e.Message, StringComparison.Ordinal);
        Assert.Contains("the adapter has v_proj, which lora.target_modules does not name", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_Noise_IsUniformUpToThePapersBoundAndRepeats()
    {
        var embedded = zeros(8, 40, 64);

        var noise = EmbeddingNoise.Add(embedded, 5, 7);

        var most = 5 / Math.Sqrt(40 * 64);
        Assert.InRange(noise.abs().max().ToSingle(), 0.99 * most, most);
        Assert.Equal(most / Math.Sqrt(3), noise.std().ToSingle(), 0.02 * most);
        Assert.Equal(0, noise.mean().ToSingle(), 0.02 * most);
        Assert.True(noise.Equals(EmbeddingNoise.Add(embedded, 5, 7)));
        Assert.False(noise.Equals(EmbeddingNoise.Add(embedded, 5, 8)));
    }

    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.Full)]
    public void Backward_Noise_IsTheSameInSegments(TrainingMethod method)
    {
        var recipe = Short with { Method = method };
        using var model = Trainables.Load(recipe, TrainingRuns.Model("qwen2"), ComputeDevice.Cpu);
        var (plain, noisy) = (new TrainingPass(model.Decoder, model.Adapter, false), new TrainingPass(model.Decoder, model.Adapter, false) { NeftuneAlpha = 5 });

        var (without, atOnce) = (Gradients(model, recipe, plain), Gradients(model, recipe, noisy));
        var inSegments = Gradients(model, recipe, new TrainingPass(model.Decoder, model.Adapter, true) { NeftuneAlpha = 5 });

        Assert.All(atOnce, pair => Assert.True(pair.Value.Equals(inSegments[pair.Key])));
        Assert.Contains(atOnce, pair => !pair.Value.Equals(without[pair.Key]));
    }

    [Fact]
    public void Run_Noise_IsInTheTrainingLossAndNotInTheEvaluation()
    {
        var recipe = Short with { MaxSteps = 1, ValSize = 3, LearningRate = 1e-12, Lora = new LoraSettings { R = 4, LoraAlpha = 8 } };

        var (plain, noisy) = (_runs.Run(_runs.Job(recipe)), _runs.Run(_runs.Job(recipe with { NeftuneNoiseAlpha = 20 })));

        Assert.Equal(plain.FinalEvalLoss, noisy.FinalEvalLoss);
        Assert.NotEqual(plain.FinalLoss, noisy.FinalLoss);
    }

    [Theory]
    [InlineData(TrainingMethod.Lora)]
    [InlineData(TrainingMethod.Full)]
    public void Backward_OffloadedInputs_GiveBitEqualGradients(TrainingMethod method)
    {
        var recipe = Short with { Method = method };
        using var model = Trainables.Load(recipe, TrainingRuns.Model("llama_base"), ComputeDevice.Cpu);

        var kept = Gradients(model, recipe, new TrainingPass(model.Decoder, model.Adapter, true));
        var offloaded = Gradients(model, recipe, new TrainingPass(model.Decoder, model.Adapter, true) { Offload = true });

        Assert.All(kept, pair => Assert.True(pair.Value.Equals(offloaded[pair.Key])));
    }

    [Fact]
    public void Keep_Offloaded_LeavesNothingBehindAndGivesItBack()
    {
        var inputs = new BlockInputs(2, offload: true);
        var input = arange(24, ScalarType.Float32).view(2, 3, 4);
        var same = input.clone();

        inputs.Keep(1, input);

        Assert.True(input.IsInvalid);
        Assert.True(inputs.Take(1).Equals(same));
        Assert.Throws<InvalidOperationException>(() => inputs.Take(1));
    }

    private static string Folder(string adapter) => R1Lab.Tests.Shared.ReferenceFiles.Golden("huggingface", "adapters", adapter);

    private static MicroBatch Batch() => new Batcher(TrainingRuns.Rows(), new(2, 1, null, Shuffle: false, Seed: 0)).Next().MicroBatches[0];

    private static Dictionary<string, Tensor> Gradients(Trainables model, TrainingRecipe recipe, TrainingPass pass)
    {
        using var optimizer = new Optimizer(model.Parameters, recipe, _ => true);
        optimizer.Gradients.Clear();
        pass.Backward(Batch(), 10, 3);
        return model.Parameters.Keys.Zip(optimizer.Gradients.Views).ToDictionary(pair => pair.First, pair => pair.Second.clone());
    }
}
