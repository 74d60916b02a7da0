using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>One token, handed over as it comes.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Text">Text that became certain with it; may be empty (half a character, a possible stop text) and may belong to earlier tokens.</param>
/// <param name="Logprob">When asked for.</param>
public sealed record GenerationStep(int TokenId, string Text, TokenLogprob? Logprob)
{
    /// <summary>With the first token, when echo and log-probabilities were asked for: one a prompt token, null for the first.</summary>
    public IReadOnlyList<TokenLogprob?>? PromptLogprobs { get; init; }

    /// <summary>The tokens in <see cref="Text"/> that open or close a thought.</summary>
    public IReadOnlyList<ThoughtMark> Marks { get; init; } = [];
}

/// <summary>A token's log-probability under the model (before penalties and temperature), beside the most likely ones.</summary>
public sealed record TokenLogprob(int TokenId, double Logprob, IReadOnlyList<(int TokenId, double Logprob)> Top);
