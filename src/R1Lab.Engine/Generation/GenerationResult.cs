using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>Why a reply ended: an end token or stop text, the length limit, or the caller left.</summary>
public enum FinishReason { Stop, Length, Cancelled }

/// <summary>A finished reply.</summary>
/// <param name="Tokens">The generated tokens, an end token included; never the prompt's.</param>
/// <param name="Text">Their text up to the stop text; empty when the model has no tokenizer.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Logprobs">One a generated token, when asked for.</param>
/// <param name="PromptLogprobs">With echo and logprobs: one a prompt token, null for the first, which nothing predicts.</param>
/// <param name="FirstTokenAfter">From the request to the first token.</param>
/// <param name="Elapsed">From the request to the end.</param>
public sealed record GenerationResult(
    IReadOnlyList<int> Tokens,
    string Text,
    FinishReason Finish,
    int PromptTokens,
    IReadOnlyList<TokenLogprob>? Logprobs,
    IReadOnlyList<TokenLogprob?>? PromptLogprobs,
    TimeSpan FirstTokenAfter,
    TimeSpan Elapsed)
{
    /// <summary>The seed that gives this text again.</summary>
    public long Seed { get; init; }

    /// <summary>The tokens in <see cref="Text"/> that open or close a thought.</summary>
    public IReadOnlyList<ThoughtMark> Marks { get; init; } = [];
}
