using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>A Bradley-Terry reward model: a scalar head at the end of each answer. No token is learned.</summary>
internal sealed class RewardObjective : IObjective
{
    public IReadOnlyList<string> Heads => ["score"];

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) => [];

    public ITrainingStream Open(TrainingSetup setup) => new PairStream(setup, new RewardLoss());
}

/// <summary>-log sigmoid(score of the better answer - score of the worse one), summed over pairs.</summary>
internal sealed class RewardLoss : ITokenLoss
{
    public LossNeeds Needs { get; } = LossNeeds.Together(["score"]);

    public int Count(MicroBatch batch) => batch.Lines / 2;

    public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
    {
        using var scope = NewDisposeScope();
        var scores = inputs.Heads["score"].view(-1, 2);
        var margins = scores[TensorIndex.Colon, 0] - scores[TensorIndex.Colon, 1];
        var gradient = margins.neg().sigmoid() / -divisor;
        return new LossSum((nn.functional.logsigmoid(margins).sum() / -divisor).MoveToOuterDisposeScope())
        {
            Heads = new Dictionary<string, Tensor> { ["score"] = stack([gradient, gradient.neg()], 1).view(-1).MoveToOuterDisposeScope() },
        };
    }
}
