using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>
/// Direct preference optimization (arXiv 2305.18290): log-probabilities of two answers against those of the model without its adapter.
/// </summary>
internal sealed class PairwiseObjective : IObjective
{
    public IReadOnlyList<string> Heads => [];

    public int RowsTogether => 2;

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) =>
        recipe.Packing ? [new Problem("pairs_packed", "packing", ProblemSeverity.Error, "pairs cannot be packed")] : [];

    public ITrainingStream Open(TrainingSetup setup) =>
        new PairStream(setup, new PairwiseLoss(0.1, new ForwardPass(setup.Model.Decoder, null)));
}

/// <summary>The score of an answer is beta times its log-probability over that of the reference.</summary>
internal sealed class PairwiseLoss(double beta, ForwardPass reference) : PairLoss
{
    public override LossNeeds Needs { get; } = LossNeeds.Together(reference: reference);

    protected override Tensor Scores(LossInputs inputs, TokenTargets targets)
    {
        var ratios = inputs.LogProbs - inputs.Reference!.LogProbs;
        return zeros(targets.Sequence!.Max() + 1, dtype: ratios.dtype).index_add(0, Lines(targets), ratios, 1) * beta;
    }

    protected override LossSum Through(Tensor gradient, TokenTargets targets, LossSum sum) =>
        sum with { LogProbs = (gradient * beta).index_select(0, Lines(targets)).MoveToOuterDisposeScope() };

    private static Tensor Lines(TokenTargets targets) => tensor(Array.ConvertAll(targets.Sequence!, line => (long)line));
}
