using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>What the model computed for a chunk of the targets, without graph; float32, or float64 where the model is.</summary>
/// <param name="First">The index of the chunk's first target in <see cref="TokenTargets.Positions"/>.</param>
/// <param name="LogProbs">[n] log-probabilities of the targets, in nats.</param>
internal sealed record LossInputs(int First, Tensor LogProbs)
{
    /// <summary>[n,Vocab] the whole distribution's log-probabilities; null where not asked for.</summary>
    public Tensor? LogSoftmax { get; init; }

    /// <summary>[M] the output of each scalar head at its positions.</summary>
    public IReadOnlyDictionary<string, Tensor> Heads { get; init; } = new Dictionary<string, Tensor>();

    /// <summary>The same targets under the reference model; null where not asked for.</summary>
    public LossInputs? Reference { get; init; }
}
