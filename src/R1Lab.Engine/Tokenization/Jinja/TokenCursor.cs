namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>A place in the tokens of a template.</summary>
internal sealed class TokenCursor(List<JinjaToken> tokens)
{
    private int _at;

    public JinjaToken Current => tokens[_at];

    public JinjaToken Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public JinjaToken Take()
    {
        var token = Current;
        if (token.Kind != JinjaTokenKind.End) _at++;
        return token;
    }

    public bool TryTakeOperator(string text) => TryTake(Current.IsOperator(text));

    public bool TryTakeName(string text) => TryTake(Current.IsName(text));

    public void ExpectOperator(string text)
    {
        if (!TryTakeOperator(text)) throw Wrong($"expected '{text}', found {Current}");
    }

    public JinjaToken Expect(JinjaTokenKind kind, string what) => Current.Kind == kind ? Take() : throw Wrong($"expected {what}, found {Current}");

    public ChatTemplateException Wrong(string reason) => new(Current.Line, reason);

    private bool TryTake(bool matches)
    {
        if (matches) Take();
        return matches;
    }
}
