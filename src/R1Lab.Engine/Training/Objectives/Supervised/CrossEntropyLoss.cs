using R1Lab.Engine.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives.Supervised;

/// <summary>The negative log-probability of every target, summed.</summary>
internal sealed class CrossEntropyLoss : ITokenLoss
{
    public LossNeeds Needs { get; } = LossNeeds.Tokens();

    public int Count(MicroBatch batch) => batch.Targets.Length;

    public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
    {
        using var scope = NewDisposeScope();
        var loss = inputs.LogProbs.neg().sum() / (float)divisor;
        var share = ones_like(loss) / (float)divisor;
        var gradient = share.neg().expand(inputs.LogProbs.shape);
        return new LossSum(loss.MoveToOuterDisposeScope()) { LogProbs = gradient.MoveToOuterDisposeScope() };
    }
}
