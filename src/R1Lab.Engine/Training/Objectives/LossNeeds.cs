namespace R1Lab.Engine.Training.Objectives;

/// <summary>What a loss is a function of, beside the log-probabilities of its targets.</summary>
internal sealed record LossNeeds
{
    private LossNeeds() { }

    /// <summary>Whether the log-softmax over the vocabulary is needed. It exists for one chunk of tokens at a time.</summary>
    public bool Vocabulary { get; private init; }

    /// <summary>Whether all tokens of the micro-batch enter one term, so that the loss must see them together.</summary>
    public bool IsTogether { get; private init; }

    /// <summary>The scalar heads that are read.</summary>
    public IReadOnlyList<string> Heads { get; private init; } = [];

    /// <summary>The model whose scores of the same tokens are needed, without gradients; null: none.</summary>
    public ForwardPass? Reference { get; private init; }

    /// <summary>A sum over tokens: each chunk of the vocabulary's rows is finished before the next one is made.</summary>
    public static LossNeeds Tokens(bool vocabulary = false, ForwardPass? reference = null) =>
        new() { Vocabulary = vocabulary, Reference = reference };

    /// <summary>
    /// A function of whole sequences. Where the logits are made in several chunks, the output matrix is applied twice: once for the
    /// values, once for the gradients.
    /// </summary>
    public static LossNeeds Together(IReadOnlyList<string>? heads = null, ForwardPass? reference = null) =>
        new() { IsTogether = true, Heads = heads ?? [], Reference = reference };
}
