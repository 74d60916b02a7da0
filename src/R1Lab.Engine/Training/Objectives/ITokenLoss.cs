using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// The loss of a micro-batch as a function of what the model computed, with its derivative. It sees neither the model nor the vocabulary's
/// chunks.
/// </summary>
internal interface ITokenLoss
{
    /// <summary>What it is a function of.</summary>
    LossNeeds Needs { get; }

    /// <summary>
    /// How many terms a micro-batch contributes: learned tokens, pairs, sequences. 0: the micro-batch is skipped. The recipe's
    /// normalisation divides by it.
    /// </summary>
    int Count(MicroBatch batch);

    /// <summary>
    /// The loss and its gradient. Values of <paramref name="inputs"/> are constants here: nothing may be sent through them.
    /// </summary>
    /// <param name="inputs">A chunk of the micro-batch's tokens, or all of them where <see cref="LossNeeds.Together"/> was asked
    /// for.</param>
    /// <param name="targets">Of the whole micro-batch.</param>
    /// <param name="divisor">The sum of the loss is divided by this.</param>
    LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor);
}
