using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Datasets;

/// <summary>A response taken apart at its thought. <c>Opener + Thought + Closer + Answer</c> is the text again, byte for byte.</summary>
/// <param name="Opener"><c>&lt;think&gt;</c> with the space before it, or empty.</param>
/// <param name="Thought">What stands inside.</param>
/// <param name="Closer"><c>&lt;/think&gt;</c> with the line ends behind it, or empty.</param>
/// <param name="Answer">The rest.</param>
internal sealed record ResponseParts(string Opener, string Thought, string Closer, string Answer)
{
    public const string Open = ThoughtMarks.Opening;
    public const string Close = ThoughtMarks.Closing;

    public bool HasThought => Closer.Length > 0 && !string.IsNullOrWhiteSpace(Thought);

    public bool IsUnclosed => Opener.Length > 0 && Closer.Length == 0;

    public static ResponseParts Of(string response)
    {
        var lead = response.Length - response.TrimStart().Length;
        var opener = response.AsSpan(lead).StartsWith(Open, StringComparison.Ordinal) ? lead + Open.Length : 0;
        var close = response.IndexOf(Close, opener, StringComparison.Ordinal);
        if (close < 0) return new ResponseParts(response[..opener], "", "", response[opener..]);
        var answer = close + Close.Length;
        while (answer < response.Length && response[answer] is '\n' or '\r') answer++;
        return new ResponseParts(response[..opener], response[opener..close], response[close..answer], response[answer..]);
    }
}
