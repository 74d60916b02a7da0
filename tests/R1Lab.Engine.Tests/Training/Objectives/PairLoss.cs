using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>-log sigmoid(margin), summed over pairs; a margin is the score of the better answer minus that of the worse one.</summary>
internal abstract class PairLoss : ITokenLoss
{
    public abstract LossNeeds Needs { get; }

    public int Count(MicroBatch batch) => batch.Lines / 2;

    public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
    {
        using var scope = NewDisposeScope();
        var margins = Margins(inputs, targets);
        var gradient = margins.neg().sigmoid() / -divisor;
        var sum = new LossSum((nn.functional.logsigmoid(margins).sum() / -divisor).MoveToOuterDisposeScope());
        return Through(stack([gradient, gradient.neg()], 1).view(-1), targets, sum);
    }

    /// <summary>[pairs].</summary>
    public Tensor Margins(LossInputs inputs, TokenTargets targets)
    {
        var scores = Scores(inputs, targets).view(-1, 2);
        return scores[TensorIndex.Colon, 0] - scores[TensorIndex.Colon, 1];
    }

    /// <summary>[lines] the score of every answer.</summary>
    protected abstract Tensor Scores(LossInputs inputs, TokenTargets targets);

    /// <summary>The sum with the gradient of what the scores were made of.</summary>
    /// <param name="gradient">[lines] the derivative by the scores.</param>
    protected abstract LossSum Through(Tensor gradient, TokenTargets targets, LossSum sum);
}
