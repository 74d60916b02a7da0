namespace R1Lab.Engine.Tokenization.Jinja;

internal enum JinjaTokenKind { Data, VariableBegin, VariableEnd, BlockBegin, BlockEnd, Name, String, Integer, Float, Operator, End }

/// <summary>A piece of template source. For strings the text is the value, for all others it is what the source says.</summary>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line)
{
    private const int LongestShown = 100;

    public bool Is(JinjaTokenKind kind, string text) => Kind == kind && Text == text;

    public bool IsOperator(string text) => Is(JinjaTokenKind.Operator, text);

    public bool IsName(string text) => Is(JinjaTokenKind.Name, text);

    public override string ToString() => Kind switch
    {
        JinjaTokenKind.End => "end of template",
        JinjaTokenKind.Data => "text",
        _ => Text.Length <= LongestShown ? $"'{Text}'" : $"'{Text[..LongestShown]}…'",
    };
}
