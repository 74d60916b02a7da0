namespace R1Lab.Engine.Tokenization;

/// <summary>How a model marks its thought: which of its tokens open and close one, and whether it knows such marks at all.</summary>
/// <param name="OpeningId">
/// The token <c>&lt;think&gt;</c>; null where the vocabulary has none and the mark is several tokens of text.
/// </param>
/// <param name="ClosingId">The token <c>&lt;/think&gt;</c>, likewise.</param>
/// <param name="AreKnown">
/// Whether vocabulary or chat template know the marks. Where not, a closing mark that nothing opened is plain text.
/// </param>
public sealed record ThoughtMarks(int? OpeningId, int? ClosingId, bool AreKnown)
{
    public const string Opening = "<think>";
    public const string Closing = "</think>";

    /// <summary>For text that comes without tokens: the marks are looked for in it.</summary>
    public static ThoughtMarks InText { get; } = new(null, null, AreKnown: true);

    /// <summary>The marks of a model; both arguments may be null.</summary>
    public static ThoughtMarks Of(Tokenizer? tokenizer, ChatTemplate? template)
    {
        var closing = tokenizer?.TokenToId(Closing);
        var areKnown = closing is not null || template?.Mentions(Opening) == true || template?.Mentions(Closing) == true;
        return new(tokenizer?.TokenToId(Opening), closing, areKnown);
    }

    /// <summary>True for the token that opens a thought, false for the one that closes it, null for any other.</summary>
    public bool? Opens(int token) => token == OpeningId ? true : token == ClosingId ? false : null;
}
