using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>Direct preference optimization (arXiv 2305.18290): log-probabilities of two answers against those of the model without its adapter.</summary>
internal sealed class PairwiseObjective : IObjective
{
    public IReadOnlyList<string> Heads => [];

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) =>
        recipe.Packing ? [new Problem("pairs_packed", "packing", ProblemSeverity.Error, "pairs cannot be packed")] : [];

    public ITrainingStream Open(TrainingSetup setup) => new PairStream(setup, new PairwiseLoss(0.1, new ForwardPass(setup.Model.Decoder, null)));
}

/// <summary>-log sigmoid(beta · (log-ratio of the better answer - log-ratio of the worse one)), summed over pairs.</summary>
internal sealed class PairwiseLoss(double beta, ForwardPass reference) : ITokenLoss
{
    public LossNeeds Needs { get; } = LossNeeds.Together(reference: reference);

    public int Count(MicroBatch batch) => batch.Lines / 2;

    public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
    {
        using var scope = NewDisposeScope();
        var sequence = tensor(Array.ConvertAll(targets.Sequence!, line => (long)line));
        var ratios = zeros(targets.Sequence!.Max() + 1, dtype: inputs.LogProbs.dtype).index_add(0, sequence, inputs.LogProbs - inputs.Reference!.LogProbs, 1).view(-1, 2);
        var margins = (ratios[TensorIndex.Colon, 0] - ratios[TensorIndex.Colon, 1]) * beta;
        var gradient = margins.neg().sigmoid() * (-beta / divisor);
        return new LossSum((nn.functional.logsigmoid(margins).sum() / -divisor).MoveToOuterDisposeScope())
        {
            LogProbs = stack([gradient, gradient.neg()], 1).view(-1).index_select(0, sequence).MoveToOuterDisposeScope(),
        };
    }
}
