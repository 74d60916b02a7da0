using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>
/// Tokens with their texts, offsets and scores as they come. The texts of all tokens that the reply shows, joined, are the reply's text: a token
/// in the middle of a character is held back until the character is whole or the reply has ended. A streamed answer and a whole one use this in
/// the same way and so report the same.
/// </summary>
/// <param name="tokenizer">Null: the model has none; tokens are named by number and add no text.</param>
/// <param name="skipSpecialTokens">Whether the text leaves special tokens out. They are reported in either case.</param>
public sealed class TokenReport(Tokenizer? tokenizer, bool skipSpecialTokens)
{
    private readonly StreamingDetokenizer? _detokenizer = tokenizer?.CreateDetokenizer(skipSpecialTokens: true);
    private readonly List<ReportedToken> _held = [];
    private int _characters;

    /// <summary>All tokens of a finished text.</summary>
    /// <param name="tokenizer">Null where the model has none.</param>
    /// <param name="skipSpecialTokens">Whether the text leaves special tokens out.</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="scores">One for each token, or fewer where scoring was cut short; null where they were not asked for.</param>
    public static IReadOnlyList<ReportedToken> Of(
        Tokenizer? tokenizer, bool skipSpecialTokens, IReadOnlyList<int> ids, IReadOnlyList<TokenLogprob?>? scores)
    {
        var report = new TokenReport(tokenizer, skipSpecialTokens);
        var tokens = new List<ReportedToken>(ids.Count);
        for (var i = 0; i < ids.Count; i++) tokens.AddRange(report.Push(ids[i], i < scores?.Count ? scores[i] : null));
        tokens.AddRange(report.Finish());
        return tokens;
    }

    /// <returns>The tokens whose text is certain now, in order; none while a character is incomplete.</returns>
    public IReadOnlyList<ReportedToken> Push(int id, TokenLogprob? score = null)
    {
        var top = score is null ? [] : score.Top.Select(other => Describe(other.TokenId, other.Logprob)).ToList();
        var token = Describe(id, score?.Logprob) with { Top = top };
        if (!token.IsSpecial) _detokenizer?.Push(id);
        else if (!skipSpecialTokens) EndCharacter();
        _held.Add(token);
        return _detokenizer is { IsInsideCharacter: true } ? [] : Release();
    }

    /// <returns>The tokens that were held back, when no more come. A character that was never completed is U+FFFD.</returns>
    public IReadOnlyList<ReportedToken> Finish()
    {
        EndCharacter();
        return Release();
    }

    // U+FFFD belongs to the last token that gave bytes to the character; special tokens that are not shown may have come after it.
    private void EndCharacter()
    {
        if (_detokenizer?.Flush() is not { Length: > 0 } rest) return;
        var last = _held.FindLastIndex(token => !token.IsSpecial && token.Bytes.Count > 0);
        _held[last] = _held[last] with { Text = _held[last].Text + rest };
    }

    private List<ReportedToken> Release()
    {
        var released = new List<ReportedToken>(_held.Count);
        foreach (var token in _held)
        {
            released.Add(token with { Offset = _characters });
            if (tokenizer is not null && !(token.IsSpecial && skipSpecialTokens)) _characters += token.Text.EnumerateRunes().Count();
        }

        _held.Clear();
        return released;
    }

    private ReportedToken Describe(int id, double? logprob)
    {
        if (tokenizer is null) return new ReportedToken(id, $"token_id:{id}", [], logprob);
        var isSpecial = tokenizer.IsSpecial(id);
        var text = isSpecial ? tokenizer.Decode([id]) : _detokenizer!.Peek(id);
        return new ReportedToken(id, text, tokenizer.BytesOf(id, skipSpecialTokens: false), logprob) { IsSpecial = isSpecial };
    }
}
