using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Runs of Hugging Face's own trainer, taken again. Tolerances are those of tests/Golden/huggingface/README.md.</summary>
public sealed class TrainerGoldenTests : IDisposable
{
    private readonly TrainingRuns _runs = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _runs.Dispose();
    }

    [Theory]
    [InlineData("lora_token_sum", TrainingMethod.Lora, 2e-5)]
    [InlineData("lora_micro_mean", TrainingMethod.Lora, 2e-5)]
    [InlineData("rslora_token_sum", TrainingMethod.Lora, 5e-5)]
    [InlineData("dora_token_sum", TrainingMethod.Dora, 2e-5)]
    public void Run_LoraGolden_TakesTheSameSteps(string name, TrainingMethod method, double adapterTolerance)
    {
        var golden = GoldenTensors.Json("golden", "train", $"{name}.json");
        var recipe = TrainingRuns.Recipe(golden, method);
        var job = _runs.Job(recipe with { Lora = recipe.Lora with { UseRslora = name.StartsWith("rslora", StringComparison.Ordinal) } });

        var result = _runs.Run(job);

        CompareSteps(golden);
        var expected = GoldenTensors.Read("golden", "train", $"{name}_final", "adapter_model.safetensors");
        using var decoder = ModelLoader.Load(job.ModelFolder, ComputeDevice.Cpu);
        using var adapter = AdapterSet.Load(decoder, result.OutputPath);
        Assert.Equal(expected.Keys.Order(), adapter.Parameters.Keys.Order());
        Assert.All(expected, pair => Assert.InRange(GoldenTensors.Distance(adapter.Parameters[pair.Key], pair.Value), 0, adapterTolerance));
        if (name != "lora_token_sum") return;
        CompareProbe(decoder, adapter, "lora_token_sum_final_probe");
    }

    [Fact]
    public void Run_LoraFirstStep_HasTheGoldenGradients()
    {
        var recipe = TrainingRuns.Recipe(GoldenTensors.Json("golden", "train", "lora_token_sum.json"), TrainingMethod.Lora);
        var expected = GoldenTensors.Read("golden", "train", "lora_token_sum_step1_grads.safetensors");
        using var model = Trainables.Load(recipe, TrainingRuns.Model("llama_base"), ComputeDevice.Cpu);
        using var optimizer = new Optimizer(model.Parameters, recipe, _ => true);
        var batch = new R1Lab.Engine.Datasets.Batcher(TrainingRuns.Rows(), new(2, 2, null, Shuffle: false, Seed: 0)).Next();
        var pass = new TrainingPass(model.Decoder, model.Adapter, checkpointing: false);
        optimizer.Gradients.Clear();

        foreach (var part in batch.MicroBatches) pass.Backward(part, batch.TrainedTokens, 0);

        Assert.All(model.Parameters.Keys.Zip(optimizer.Gradients.Views), pair =>
        {
            var golden = expected[$"grad.{pair.First}"];
            Assert.InRange(GoldenTensors.Distance(pair.Second, golden) / golden.abs().max().ToSingle(), 0, 1e-4);
        });
    }

    [Theory]
    [InlineData("llama_rope3_tied", "hf_decay_groups", DecayGroups.Hf)]
    [InlineData("llama_rope3_tied", "uniform_decay", DecayGroups.Uniform)]
    [InlineData("qwen3", "hf_decay_groups", DecayGroups.Hf)]
    [InlineData("qwen3", "uniform_decay", DecayGroups.Uniform)]
    public void Run_FullGolden_TakesTheSameSteps(string model, string decay, DecayGroups groups)
    {
        var golden = GoldenTensors.Json("golden", "train", $"full_{model}_{decay}.json");
        var recipe = TrainingRuns.Recipe(golden, TrainingMethod.Full) with { DecayGroups = groups };
        var job = _runs.Job(recipe, model, TrainingRuns.Rows($"full_{model}_dataset.json"));

        var result = _runs.Run(job);

        CompareSteps(golden);
        using var decoder = ModelLoader.Load(result.OutputPath, ComputeDevice.Cpu, ScalarType.Float32);
        Assert.All(golden["final_parameters"]!.AsObject(), pair =>
        {
            var tensor = decoder.Parameters[pair.Key].to(ScalarType.Float64);
            Assert.Equal((double)pair.Value!["norm"]!, tensor.norm().ToDouble(), 1e-4);
            Assert.Equal((double)pair.Value["sum"]!, tensor.sum().ToDouble(), 5e-3);
        });
        CompareProbe(decoder, null, $"full_{model}_{decay}_probe");
    }

    private void CompareSteps(JsonObject golden)
    {
        var steps = golden["steps"]!.AsArray();
        Assert.Equal(steps.Count, _runs.Metrics.Count);
        Assert.All(steps.Zip(_runs.Metrics), pair =>
        {
            var (expected, actual) = pair;
            Assert.Equal((int)expected!["step"]!, actual.Step);
            Assert.Equal((double)expected["loss"]!, actual.Loss!.Value, actual.Step == 1 ? 2e-5 : 5e-5);
            Assert.Equal(1, actual.GradNorm!.Value / (double)expected["grad_norm"]!, 1e-4);
            Assert.Equal((double)expected["lr"]!, actual.LearningRate, 1e-15);
        });
    }

    private static void CompareProbe(Decoder decoder, AdapterSet? adapter, string file)
    {
        var probe = GoldenTensors.Read("golden", "train", $"{file}.safetensors");
        using var noGrad = no_grad();
        var logits = decoder.Forward(probe["input_ids"], new ForwardContext { Adapter = adapter });
        Assert.InRange(GoldenTensors.Distance(logits, probe["logits"]), 0, 2e-4);
    }
}
