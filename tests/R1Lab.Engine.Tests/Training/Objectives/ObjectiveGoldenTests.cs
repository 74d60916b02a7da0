using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>
/// Losses and gradients of TRL's trainers, taken again through the seam. Tolerances are those of tests/Golden/huggingface/README.md.
/// </summary>
public sealed class ObjectiveGoldenTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(false, 1 << 20)]
    [InlineData(true, 5)]
    public void Backward_Pairs_HasTheLossAndGradientNormOfTrl(bool checkpointing, long positionsAtOnce)
    {
        var golden = GoldenTensors.Json("golden", "losses", "dpo.json");
        using var decoder = ModelLoader.Load(TrainingRuns.Model("llama_base"), ComputeDevice.Cpu, ScalarType.Float32);
        var folder = ReferenceFiles.Golden("huggingface", "adapters", "lora");
        using var adapter = AdapterSet.Load(decoder, folder, trainable: true, dropout: 0);
        var batch = PairStream.Lay(Pairs(golden), [0, 1, 2, 3, 4, 5]);
        var loss = new PairwiseLoss(0.1, new ForwardPass(decoder, null));
        var logitsAtOnce = positionsAtOnce * decoder.Config.VocabSize;
        var pass = new TrainingPass(decoder, adapter, checkpointing) { Loss = loss, LogitsAtOnce = logitsAtOnce };

        var value = pass.Backward(batch, 6, 0, PairStream.TargetsOf(batch)).Loss.ToDouble();

        var expected = golden["cases"]!.AsArray().First(each => (string)each!["loss_type"]! == "sigmoid")!;
        Assert.Equal((double)expected["loss"]!, value, 2e-5);
        Assert.Equal(1, NormOf(adapter.Parameters.Values) / (double)expected["grad_norm"]!, 1e-4);
    }

    [Fact]
    public void Backward_Reward_HasTheLossAndGradientNormOfTrl()
    {
        var golden = GoldenTensors.Json("golden", "losses", "reward.json");
        using var decoder = ModelLoader.Load(TrainingRuns.Model("llama_base"), ComputeDevice.Cpu, ScalarType.Float32);
        using var heads = new ScalarHeads(["score"], decoder, seed: 0);
        var score = heads.Parameters.Single().Value;
        using (no_grad()) score.copy_(tensor(Numbers(golden["score_weight"]!)).view(1, -1));
        var backbone = decoder.Parameters.Where(pair => pair.Key != "lm_head.weight").Select(pair => pair.Value.requires_grad_());
        var learned = backbone.Append(score).ToList();
        var batch = PairStream.Lay(Pairs(GoldenTensors.Json("golden", "losses", "dpo.json")), [0, 1, 2, 3, 4, 5]);
        var pass = new TrainingPass(decoder, null, checkpointing: false) { Loss = new RewardLoss(), Heads = heads };

        var loss = pass.Backward(batch, 6, 0, PairStream.TargetsOf(batch)).Loss.ToDouble();

        var expected = golden["cases"]![0]!;
        Assert.Equal((double)expected["loss"]!, loss, 2e-5);
        Assert.Equal(1, NormOf(learned) / (double)expected["grad_norm_all_parameters"]!, 1e-4);
    }

    // TRL divides by all tokens of the batch, or by the longest reply for every row.
    [Theory]
    [InlineData("dapo")]
    [InlineData("dr_grpo")]
    public void Backward_ClippedPolicy_HasTheLossAndGradientOfTrl(string type)
    {
        var golden = GoldenTensors.Json("golden", "losses", "grpo.json");
        var expected = golden["cases"]!.AsArray().First(each => (string)each!["loss_type"]! == type)!;
        bool[] kept = [.. golden["completion_mask"]!.AsArray().SelectMany(row => row!.AsArray().Select(one => (int)one! == 1))];
        float[] Kept(JsonNode rows) => [.. rows.AsArray().SelectMany(row => Numbers(row!)).Where((_, i) => kept[i])];
        var advantages = Numbers(golden["advantages"]!).SelectMany(advantage => Enumerable.Repeat(advantage, kept.Length / 12));
        var weights = advantages.Where((_, i) => kept[i]).ToArray();
        var targets = new TokenTargets([], []) { Weights = weights, OldLogProbs = Kept(golden["old_per_token_logps"]!) };

        var sum = new ClippedPolicyLoss((double)golden["eps_low"]!, (double)golden["eps_high"]!).Backward(
            new(0, tensor(Kept(golden["per_token_logps"]!))), targets, type == "dapo" ? weights.Length : kept.Length);

        Assert.Equal((double)expected["loss"]!, sum.Loss.ToDouble(), 1e-5);
        Assert.InRange(GoldenTensors.Distance(sum.LogProbs!, tensor(Kept(expected["grad_wrt_per_token_logps"]!))), 0, 1e-5);
    }

    [Fact]
    public void Backward_Distillation_HasTheLossOfTrl()
    {
        var golden = GoldenTensors.Json("golden", "losses", "distill.json");
        var expected = golden["cases"]!.AsArray().First(each => (double)each!["beta"]! == 0 && (double)each["temperature"]! == 1)!;
        var logits = GoldenTensors.Read("golden", "losses", "distill.safetensors");
        var scored = logits["labels"].view(-1).ne(-100).nonzero().view(-1);
        Tensor LogSoftmax(string name) => nn.functional.log_softmax(logits[name].view(-1, 64).index_select(0, scored), 1);
        var teacher = new LossInputs(0, zeros(scored.size(0))) { LogSoftmax = LogSoftmax("teacher_logits") };
        var inputs = new LossInputs(0, zeros(scored.size(0))) { LogSoftmax = LogSoftmax("student_logits"), Reference = teacher };

        var loss = new DistillationLoss(1, null!).Backward(inputs, new TokenTargets([], []), scored.size(0)).Loss.ToDouble();

        Assert.Equal((double)expected["loss"]!, loss, 1e-5);
    }

    private static TokenExample[] Pairs(JsonObject golden) =>
        [.. golden["pairs"]!.AsArray().SelectMany((pair, i) =>
            new[] { "chosen", "rejected" }.Select(answer => Row(pair!["prompt"]!, pair[answer]!, i)))];

    private static TokenExample Row(JsonNode prompt, JsonNode reply, int id)
    {
        var (before, learned) = (Integers(prompt), Integers(reply));
        return new TokenExample([.. before, .. learned], [.. before.Select(_ => TokenExample.NotTrained), .. learned], id);
    }

    private static double NormOf(IEnumerable<Tensor> parameters) =>
        Math.Sqrt(parameters.Sum(parameter => parameter.grad!.pow(2).sum().ToDouble()));

    private static float[] Numbers(JsonNode numbers) => [.. numbers.AsArray().Select(number => (float)number!)];

    private static int[] Integers(JsonNode numbers) => [.. numbers.AsArray().Select(number => (int)number!)];
}
