using System.Text;
using R1Lab.Engine.Generation;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>The <c>logprobs</c> of a text completion: parallel lists, one entry a token. The first prompt token has no predecessor and so no probability.</summary>
public sealed record CompletionLogprobs(
    IReadOnlyList<string> Tokens,
    IReadOnlyList<double?> TokenLogprobs,
    IReadOnlyList<IReadOnlyDictionary<string, double>?> TopLogprobs,
    IReadOnlyList<int> TextOffset)
{
    /// <param name="session">Names the tokens.</param>
    /// <param name="ids">The tokens reported.</param>
    /// <param name="logprobs">One entry a token; null where there is none.</param>
    /// <param name="textOffset">Characters before the first of them; negative when the text does not show so many at the beginning.</param>
    public static CompletionLogprobs Of(ModelSession session, IReadOnlyList<int> ids, IReadOnlyList<TokenLogprob?> logprobs, int textOffset)
    {
        var tokens = ids.Select(session.TokenText).ToList();
        var offsets = new List<int>(tokens.Count);
        foreach (var token in tokens)
        {
            offsets.Add(Math.Max(0, textOffset));
            textOffset += token.Length;
        }

        return new CompletionLogprobs(tokens, [.. logprobs.Select(l => l?.Logprob)], [.. logprobs.Select(l => Top(session, l))], offsets);
    }

    // Two tokens can read alike (halves of a character); the more probable one keeps the name.
    private static Dictionary<string, double>? Top(ModelSession session, TokenLogprob? logprob)
    {
        if (logprob is null) return null;
        var top = new Dictionary<string, double>();
        foreach (var (id, value) in logprob.Top) top.TryAdd(session.TokenText(id), value);
        top.TryAdd(session.TokenText(logprob.TokenId), logprob.Logprob);
        return top;
    }
}

/// <summary>The <c>logprobs</c> of a chat completion.</summary>
public sealed record ChatLogprobs(IReadOnlyList<ChatTokenLogprob> Content)
{
    public static ChatLogprobs? Of(ModelSession session, IReadOnlyList<TokenLogprob>? logprobs) =>
        logprobs is null ? null : new ChatLogprobs([.. logprobs.Select(l => ChatTokenLogprob.Of(session, l))]);
}

public sealed record ChatTokenLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<ChatTopLogprob> TopLogprobs)
{
    public static ChatTokenLogprob Of(ModelSession session, TokenLogprob logprob)
    {
        var text = session.TokenText(logprob.TokenId);
        return new ChatTokenLogprob(text, logprob.Logprob, BytesOf(text), [.. logprob.Top.Select(t => Top(session.TokenText(t.TokenId), t.Logprob))]);
    }

    private static ChatTopLogprob Top(string text, double logprob) => new(text, logprob, BytesOf(text));

    private static int[] BytesOf(string text) => [.. Encoding.UTF8.GetBytes(text).Select(b => (int)b)];
}

public sealed record ChatTopLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes);
