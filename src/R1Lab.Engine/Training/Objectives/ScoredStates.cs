using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>What a forward pass leaves of a micro-batch for its loss.</summary>
/// <param name="Hidden">[N,Hidden] of the last layer, before the final norm, at the scored positions, with its graph.</param>
/// <param name="Tokens">[N] the target of each, where the output matrix is.</param>
/// <param name="Targets">What the loss is computed against.</param>
/// <param name="Each">[N] gets the negative log-probability of every target.</param>
internal sealed record ScoredStates(Tensor Hidden, Tensor Tokens, TokenTargets Targets, Tensor Each)
{
    /// <summary>[M] the outputs of each scalar head, with their graph.</summary>
    public IReadOnlyDictionary<string, Tensor> Heads { get; init; } = new Dictionary<string, Tensor>();

    /// <summary>[N,Hidden] the same positions in the reference model; null where the loss needs none.</summary>
    public Tensor? Reference { get; init; }

    public int Count => Targets.Tokens.Length;
}
