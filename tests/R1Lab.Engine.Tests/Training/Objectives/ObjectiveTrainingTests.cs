using System.Security.Cryptography;
using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>Other objectives than supervised fine-tuning, trained by the product's trainer.</summary>
public sealed class ObjectiveTrainingTests : IDisposable
{
    private static readonly TrainingRecipe Recipe = TrainingRuns.Busy with
    {
        ValSize = 0,
        EvalSteps = null,
        LoggingSteps = 1,
        MaxSteps = 10,
        WarmupSteps = 0,
        LrSchedulerType = SchedulerType.Constant,
        Lora = new LoraSettings { R = 4, LoraAlpha = 8 },
    };

    private readonly TrainingRuns _runs = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _runs.Dispose();
    }

    public static TheoryData<string> All => ["pairs", "reward", "distillation", "rollout", "unpaired"];

    [Theory]
    [InlineData("pairs", TrainingMethod.Lora, false)]
    [InlineData("reward", TrainingMethod.Lora, true)]
    [InlineData("reward", TrainingMethod.Full, false)]
    [InlineData("unpaired", TrainingMethod.Lora, false)]
    [InlineData("distillation", TrainingMethod.Lora, false)]
    [InlineData("distillation", TrainingMethod.Full, true)]
    public void Run_Objective_LowersItsLoss(string name, TrainingMethod method, bool checkpointing)
    {
        var rate = method == TrainingMethod.Full ? 1e-3 : 5e-3;
        var recipe = Recipe with { Method = method, GradientCheckpointing = checkpointing, LearningRate = rate };

        var result = _runs.Run(_runs.Job(recipe, rows: Rows(name)), objective: Of(name));

        Assert.Equal((TrainingOutcome.Finished, 10), (result.Outcome, _runs.Metrics.Count));
        Assert.True(_runs.Metrics[^1].Loss < 0.8 * _runs.Metrics[0].Loss, string.Join(" ", _runs.Metrics.Select(m => m.Loss)));
    }

    [Fact]
    public void Run_Rollout_EarnsMore()
    {
        var objective = new RolloutObjective(Reward);

        _runs.Run(_runs.Job(Recipe with { MaxSteps = 25, PerDeviceTrainBatchSize = 4, LearningRate = 1e-2 }), objective: objective);

        Assert.Equal(25, objective.Rewards.Count);
        Assert.True(objective.Rewards[^5..].Average() > objective.Rewards[..5].Average() + 0.2, string.Join(" ", objective.Rewards));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Run_StoppedAndResumed_IsTheStraightRun(string name)
    {
        var straight = _runs.Run(_runs.Job(Recipe, rows: Rows(name)), objective: Of(name));
        var told = _runs.Told();
        _runs.Metrics.Clear();
        _runs.Passes.Clear();
        var job = _runs.Job(Recipe, rows: Rows(name));
        var stopped = _runs.Run(job, stopAfter: 4, objective: Of(name));
        var state = JsonNode.Parse(File.ReadAllText(Path.Combine(stopped.OutputPath, "state.json")))!;

        var resumed = _runs.Run(job, objective: Of(name));

        Assert.Equal(told, _runs.Told());
        Assert.Equal(WeightsOf(straight), WeightsOf(resumed));
        Assert.Equal(name == "rollout", state["objective"]?["baseline"] is not null);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Backward_Adapter_HasTheDerivativeOfFiniteDifferences(string name)
    {
        using var model = Trainables.Load(Recipe.Effective(), TrainingRuns.Model("llama_base"), ComputeDevice.Cpu, Of(name).Heads);
        // A fresh adapter's B is zero and would leave A without gradient.
        using (no_grad())
        {
            foreach (var (key, tensor) in model.Parameters)
            {
                if (key.Contains("lora_B", StringComparison.Ordinal)) tensor.normal_(0, 0.05, new Generator(7));
            }
        }

        using var stream = Of(name).Open(new TrainingSetup(Recipe.Effective(), new RunRows(Rows(name), []), model));
        var live = new LiveModel(model, TrainingRuns.Model("llama_base"));
        var batch = stream.Next(live).MicroBatches[0];
        var targets = stream.Complete(batch, live);
        var pass = new TrainingPass(model.Decoder, model.Adapter, checkpointing: false) { Loss = stream.Loss, Heads = model.Heads };
        double Loss() => pass.Backward(batch, stream.Loss.Count(batch), 0, targets).Loss.ToDouble();
        foreach (var parameter in model.Parameters.Values) parameter.grad = null;
        Loss();
        var gradients = model.Parameters.Values.Select(parameter => parameter.grad!.clone()).ToList();
        var length = Math.Sqrt(gradients.Sum(gradient => gradient.pow(2).sum().ToDouble()));

        double At(double distance)
        {
            void Move(double by)
            {
                using var noGradient = no_grad();
                foreach (var (parameter, gradient) in model.Parameters.Values.Zip(gradients)) parameter.add_(gradient, by / length);
            }

            Move(distance);
            var loss = Loss();
            Move(-distance);
            return loss;
        }

        var measured = (At(2e-3) - At(-2e-3)) / 4e-3;

        Assert.Equal(1, measured / length, 5e-3);
    }

    [Theory]
    [InlineData("pairs", 2)]
    [InlineData("reward", 2)]
    [InlineData("distillation", 1)]
    public void Run_OutOfMemory_TakesTheSameStepInPartsThatKeepPairsTogether(string name, int together)
    {
        var recipe = Recipe with { PerDeviceTrainBatchSize = 3, MaxSteps = 4 };
        _runs.Run(_runs.Job(recipe, rows: Rows(name)), objective: Of(name));
        var straight = _runs.Metrics.Select(m => (m.Loss!.Value, m.GradNorm!.Value)).ToList();
        _runs.Metrics.Clear();
        var lines = new List<int>();

        _runs.Run(_runs.Job(recipe, rows: Rows(name)), objective: Of(name), beforePass: (batch, _) =>
        {
            lines.Add(batch.Lines);
            if (batch.Lines > together) throw TrainingRuns.OutOfMemory();
        });

        Assert.Equal(straight, _runs.Metrics.Select(m => (m.Loss!.Value, m.GradNorm!.Value)), (a, b) =>
            Math.Abs(a.Item1 - b.Item1) < 2e-5 && Math.Abs(a.Item2 / b.Item2 - 1) < 1e-3);
        Assert.All(lines, count => Assert.Equal(0, count % together));
    }

    [Theory]
    [InlineData("pairs")]
    [InlineData("reward")]
    public void Run_PairsHeldOut_AreEvaluatedAsPairs(string name)
    {
        var recipe = Recipe with { ValSize = 3, EvalSteps = 5, PerDeviceEvalBatchSize = 3, LearningRate = 2e-3, MaxSteps = 5 };
        var evaluated = new List<int>();
        var rows = new HashSet<int>();

        _runs.Run(_runs.Job(recipe, rows: Rows(name)), objective: Of(name), beforePass: (batch, trains) =>
        {
            if (trains) return;
            evaluated.Add(batch.Lines);
            rows.UnionWith(batch.Examples.Select(line => line[0]));
            if (batch.Lines > 4) throw TrainingRuns.OutOfMemory();
        });

        Assert.Equal([6, 4, 2], evaluated);
        Assert.Equal([0, 1, 2, 3, 4, 5], rows.Order());
        Assert.Contains(_runs.Metrics[^1].EvalTokenAccuracy!.Value, new[] { 0, 1 / 3.0, 2 / 3.0, 1 });
        Assert.InRange(_runs.Metrics[^1].EvalLoss!.Value, 0.05, 3);
    }

    [Fact]
    public void Run_PairsHeldOutBeforeAnythingIsLearned_HaveTheLossOfAGuess()
    {
        var recipe = Recipe with { ValSize = 3, EvalSteps = 1, LearningRate = 1e-12, MaxSteps = 1 };

        var result = _runs.Run(_runs.Job(recipe, rows: Rows("pairs")), objective: Of("pairs"));

        Assert.Equal(Math.Log(2), result.FinalEvalLoss!.Value, 1e-6);
    }

    [Fact]
    public void Run_Reward_KeepsTheTrainedHeadBesideTheAdapter()
    {
        var result = _runs.Run(_runs.Job(Recipe, rows: Rows("reward")), objective: Of("reward"));

        using var model = Trainables.Load(Recipe.Effective(), TrainingRuns.Model("llama_base"), ComputeDevice.Cpu, ["score"]);
        using var file = SafetensorsFile.Open(Path.Combine(result.OutputPath, "heads.safetensors"));
        var (fresh, trained) = (model.Heads.Parameters.Single(), file.Read("score.weight", ComputeDevice.Cpu));
        Assert.Equal("score.weight", fresh.Key);
        Assert.Equal([1, 64], trained.shape);
        Assert.InRange((trained - fresh.Value).abs().max().ToSingle(), 1e-3, 0.1);
    }

    [Fact]
    public void Run_Distillation_FreesItsTeacher()
    {
        var objective = new DistillationObjective(TrainingRuns.Model("llama_linear_bias"));

        _runs.Run(_runs.Job(Recipe with { MaxSteps = 1 }), objective: objective);

        Assert.All(objective.Teacher!.Parameters.Values, weight => Assert.True(weight.IsInvalid));
    }

    [Fact]
    public void Run_ProblemOfTheObjective_RefusesTheRunBeforeAnythingIsRead()
    {
        var job = _runs.Job(Recipe with { Packing = true }, rows: Rows("pairs")) with { ModelFolder = "missing" };

        var e = Assert.Throws<BadInputException>(() => _runs.Run(job, objective: Of("pairs")));

        Assert.Equal("packing: pairs cannot be packed", e.Message);
    }

    [Fact]
    public void Run_NothingLearned_IsRefusedBySupervisedFineTuningOnly()
    {
        var job = _runs.Job(Recipe with { MaxSteps = 1 }, rows: Rows("reward"));

        var e = Assert.Throws<BadInputException>(() => _runs.Run(job));

        Assert.Equal("dataset: no token of any training row is learned", e.Message);
        Assert.Equal(TrainingOutcome.Finished, _runs.Run(job, objective: Of("reward")).Outcome);
    }

    private static IObjective Of(string name) => name switch
    {
        "pairs" => new PairwiseObjective(),
        "reward" => new RewardObjective(),
        "unpaired" => new UnpairedObjective(),
        "distillation" => new DistillationObjective(TrainingRuns.Model("llama_linear_bias")),
        _ => new RolloutObjective(Reward),
    };

    // The share of even tokens: half of them at the start.
    private static double Reward(IReadOnlyList<int> tokens) => tokens.Count(token => token % 2 == 0) / (double)tokens.Count;

    private static TokenExample[] Rows(string name) => name == "reward"
        ? [.. TrainingRuns.Rows()[..14].Select(row => row with { Labels = [.. row.Labels.Select(_ => TokenExample.NotTrained)] })]
        : TrainingRuns.Rows()[..14];

    private static string[] WeightsOf(TrainingResult result) =>
        [.. Directory.GetFiles(result.OutputPath, "*.safetensors").Order()
            .Select(file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))))];
}
