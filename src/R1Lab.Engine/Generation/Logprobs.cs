namespace R1Lab.Engine.Generation;

/// <summary>Log-probabilities of one row of raw logits, taken before the sampler changes them.</summary>
internal sealed class Logprobs
{
    private readonly float[] _logits;
    private readonly double _offset;
    private readonly IReadOnlyList<(int TokenId, double Logprob)> _top;

    public Logprobs(ReadOnlySpan<float> logits, int top)
    {
        _logits = logits.ToArray();
        _offset = Offset(logits);
        _top = Top(logits, top, _offset);
    }

    public TokenLogprob Of(int token) => new(token, _logits[token] - _offset, _top);

    public static TokenLogprob Of(ReadOnlySpan<float> logits, int token, int top)
    {
        var offset = Offset(logits);
        return new TokenLogprob(token, logits[token] - offset, Top(logits, top, offset));
    }

    private static double Offset(ReadOnlySpan<float> logits)
    {
        var total = LogitsProcessors.Exponentials(logits, out var highest);
        return highest + Math.Log(total);
    }

    private static IReadOnlyList<(int, double)> Top(ReadOnlySpan<float> logits, int top, double offset) =>
        top == 0 ? [] : Array.ConvertAll(RankedLogits.Take(logits, top), t => (t.Token, t.Logit - offset));
}
