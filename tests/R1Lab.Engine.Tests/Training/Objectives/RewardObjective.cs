using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>A Bradley-Terry reward model: a scalar head at the end of each answer. No token is learned.</summary>
internal sealed class RewardObjective : IObjective
{
    public IReadOnlyList<string> Heads => ["score"];

    public int RowsTogether => 2;

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) => [];

    public ITrainingStream Open(TrainingSetup setup) => new PairStream(setup, new RewardLoss());
}

/// <summary>The score of an answer is the head's output.</summary>
internal sealed class RewardLoss : PairLoss
{
    public override LossNeeds Needs { get; } = LossNeeds.Together(["score"]);

    protected override Tensor Scores(LossInputs inputs, TokenTargets targets) => inputs.Heads["score"];

    protected override LossSum Through(Tensor gradient, TokenTargets targets, LossSum sum) =>
        sum with { Heads = new Dictionary<string, Tensor> { ["score"] = gradient.MoveToOuterDisposeScope() } };
}
