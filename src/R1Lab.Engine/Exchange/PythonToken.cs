namespace R1Lab.Engine.Exchange;

internal enum PythonTokenKind { Name, Number, Text, Mark, LineEnd, End }

/// <summary>A piece of Python text.</summary>
/// <param name="Value">The name, the number as written, the text without quotes, or the mark.</param>
/// <param name="Start">Place of its first character.</param>
/// <param name="Computed">A text that is put together when it runs (<c>f"…"</c>).</param>
internal sealed record PythonToken(PythonTokenKind Kind, string Value, int Line, int Start, int Length, bool Computed = false)
{
    public bool IsMark(string mark) => Kind == PythonTokenKind.Mark && Value == mark;
}
