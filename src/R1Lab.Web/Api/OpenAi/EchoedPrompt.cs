using R1Lab.Engine.Generation;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>A prompt that the answer repeats, and where its tokens stand in the text that is repeated.</summary>
internal sealed class EchoedPrompt(ModelVocabulary model, PlannedAnswer planned)
{
    /// <summary>As it was sent; decoded where it came as token ids.</summary>
    public string Text { get; } = (planned.Asked as TextPrompt)?.Text ?? model.Decode(planned.Prompt.Tokens);

    /// <summary>Unicode characters of the text.</summary>
    public int Length => Characters(Text);

    /// <param name="scores">One a token, or null where none were asked for.</param>
    public IReadOnlyList<ReportedToken> Tokens(IReadOnlyList<TokenLogprob?>? scores)
    {
        var tokens = TokenReport.Of(model.Tokenizer, skipSpecialTokens: false, planned.Prompt.Tokens, scores);
        var hidden = Hidden(model.Decode(planned.Prompt.Tokens));
        return [.. tokens.Select(token => token with { Offset = Math.Clamp(token.Offset - hidden, 0, Length) })];
    }

    // Characters of tokens that the tokenizer added before the text, such as the one that begins every text. Where the tokenizer changed the text,
    // its end is what both have in common.
    private int Hidden(string decoded)
    {
        var start = decoded.IndexOf(Text, StringComparison.Ordinal);
        return start >= 0 ? Characters(decoded[..start]) : Characters(decoded) - Length;
    }

    private static int Characters(string text) => text.EnumerateRunes().Count();
}
