using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>A loss and its gradient for each of its inputs; null or absent stands for zero.</summary>
/// <param name="Loss">Scalar: the sum of the loss over the divisor.</param>
internal sealed record LossSum(Tensor Loss)
{
    /// <summary>[n] the derivative by <see cref="LossInputs.LogProbs"/>.</summary>
    public Tensor? LogProbs { get; init; }

    /// <summary>[n,Vocab] the derivative by <see cref="LossInputs.LogSoftmax"/>.</summary>
    public Tensor? LogSoftmax { get; init; }

    /// <summary>[M] the derivative by each of <see cref="LossInputs.Heads"/>.</summary>
    public IReadOnlyDictionary<string, Tensor> Heads { get; init; } = new Dictionary<string, Tensor>();
}
