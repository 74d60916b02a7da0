namespace R1Lab.Engine.Generation;

/// <summary>One token of a prompt or a reply, as a client sees it.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">
/// The text that became certain with it: empty for the beginning of a character that a later token completes. A special token has its own text,
/// whether or not the reply shows it.
/// </param>
/// <param name="Bytes">The bytes that the token stands for, which need not be whole characters.</param>
/// <param name="Logprob">Null where none was computed, as for the first token of a prompt.</param>
public sealed record ReportedToken(int Id, string Text, IReadOnlyList<byte> Bytes, double? Logprob)
{
    /// <summary>Unicode characters (code points) of the text before this token.</summary>
    public int Offset { get; init; }

    public bool IsSpecial { get; init; }

    /// <summary>The most likely tokens in this position, each with the text it would have added here.</summary>
    public IReadOnlyList<ReportedToken> Top { get; init; } = [];
}
