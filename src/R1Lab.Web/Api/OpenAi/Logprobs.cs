using R1Lab.Engine.Generation;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>The <c>logprobs</c> of a text completion: parallel lists, one entry a token. The first prompt token has no predecessor and so no probability.</summary>
/// <param name="Tokens">The text each adds; empty for the beginning of a character that a later token completes.</param>
/// <param name="TextOffset">Unicode characters (code points) of the choice's text before each token.</param>
public sealed record CompletionLogprobs(
    IReadOnlyList<string> Tokens,
    IReadOnlyList<double?> TokenLogprobs,
    IReadOnlyList<IReadOnlyDictionary<string, double>?> TopLogprobs,
    IReadOnlyList<int> TextOffset)
{
    /// <summary>Null where no token is reported.</summary>
    public static CompletionLogprobs? Of(IReadOnlyList<ReportedToken> tokens) => tokens.Count == 0 ? null
        : new([.. tokens.Select(t => t.Text)], [.. tokens.Select(t => t.Logprob)], [.. tokens.Select(Top)], [.. tokens.Select(t => t.Offset)]);

    private static Dictionary<string, double>? Top(ReportedToken token)
    {
        if (token.Logprob is not { } logprob) return null;
        var top = new Dictionary<string, double>();
        foreach (var other in token.Top) top.TryAdd(other.Id == token.Id ? token.Text : Name(other), other.Logprob!.Value);
        top.TryAdd(token.Text, logprob);
        return top;
    }

    // Parts of characters add no text here and would all read alike: they are named by their bytes, as OpenAI does.
    private static string Name(ReportedToken token) => token.Text.Length > 0 ? token.Text
        : token.Bytes.Count > 0 ? $"bytes:{string.Concat(token.Bytes.Select(b => $"\\x{b:x2}"))}"
        : $"token_id:{token.Id}";
}

/// <summary>The <c>logprobs</c> of a chat completion.</summary>
public sealed record ChatLogprobs(IReadOnlyList<ChatTokenLogprob> Content)
{
    /// <summary>Null where no token is reported.</summary>
    public static ChatLogprobs? Of(IReadOnlyList<ReportedToken> tokens) => tokens.Count == 0 ? null
        : new([.. tokens.Select(t => new ChatTokenLogprob(t.Text, t.Logprob!.Value, Numbers(t), [.. t.Top.Select(Top)]))]);

    private static ChatTopLogprob Top(ReportedToken token) => new(token.Text, token.Logprob!.Value, Numbers(token));

    private static int[] Numbers(ReportedToken token) => [.. token.Bytes.Select(b => (int)b)];
}

public sealed record ChatTokenLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<ChatTopLogprob> TopLogprobs);

public sealed record ChatTopLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes);
