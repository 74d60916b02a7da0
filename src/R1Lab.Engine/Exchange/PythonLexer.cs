using System.Globalization;
using System.Text;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Cuts Python text into pieces. Nothing is run; marks it does not know are passed on one by one.</summary>
internal sealed class PythonLexer(string text, ImportBudget budget)
{
    private readonly List<PythonToken> _tokens = [];
    private readonly Stack<(char Mark, int Line)> _open = new();
    private int _at;
    private int _line = 1;

    /// <exception cref="BadInputException">A text or bracket is not closed; the line where it opens is named.</exception>
    public IReadOnlyList<PythonToken> Read()
    {
        while (_at < text.Length)
        {
            budget.Check();
            Next();
        }

        if (_open.Count > 0) throw Wrong(_open.Peek().Line, "python_open", $"'{_open.Peek().Mark}' is never closed");
        Add(PythonTokenKind.LineEnd, "", 0);
        Add(PythonTokenKind.End, "", 0);
        return _tokens;
    }

    public static BadInputException Wrong(int line, string code, FormattableString reason) =>
        new("Python", string.Create(CultureInfo.InvariantCulture, $"line {line}"), code, reason);

    private void Next()
    {
        var letter = text[_at];
        if (letter == '\n') LineEnd();
        else if (letter == '\\' && Peek(1) is '\r' or '\n') Continue();
        else if (char.IsWhiteSpace(letter)) _at++;
        else if (letter is '!' or '%' && IsNotebookCommand()) Command();
        else if (letter == '#') _at = text.IndexOf('\n', _at) is >= 0 and var end ? end : text.Length;
        else if (IsQuoted(out var prefix)) Quoted(prefix);
        else if (char.IsLetter(letter) || letter == '_') Add(PythonTokenKind.Name, While(c => char.IsLetterOrDigit(c) || c == '_'));
        else if (char.IsAsciiDigit(letter) || letter == '.' && char.IsAsciiDigit(Peek(1))) Number();
        else Mark();
    }

    private char Peek(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    // "!pip install …" and "%%capture": lines for the notebook, not for Python.
    private bool IsNotebookCommand() => _open.Count == 0 && (_tokens.Count == 0 || _tokens[^1].Kind == PythonTokenKind.LineEnd);

    // A command goes on behind a backslash.
    private void Command()
    {
        for (; _at < text.Length && text[_at] != '\n'; _at++)
        {
            if (text[_at] == '\\' && Peek(1) == '\n') _at++;
            if (text[_at] == '\n') _line++;
        }
    }

    // Inside brackets a line's end means nothing.
    private void LineEnd()
    {
        if (_open.Count == 0) Add(PythonTokenKind.LineEnd, "\n", 1);
        _at++;
        _line++;
    }

    private void Continue()
    {
        _at = text.IndexOf('\n', _at) is >= 0 and var end ? end + 1 : text.Length;
        _line++;
    }

    private bool IsQuoted(out int prefix)
    {
        for (prefix = 0; prefix < 3 && "rRbBuUfF".Contains(Peek(prefix), StringComparison.Ordinal) && Peek(prefix) != '\0'; prefix++) { }
        return Peek(prefix) is '"' or '\'';
    }

    private void Quoted(int prefix)
    {
        var (start, line) = (_at, _line);
        var kind = text.Substring(_at, prefix).ToLowerInvariant();
        _at += prefix;
        var quote = text[_at];
        var mark = text.AsSpan(_at).StartsWith(new string(quote, 3)) ? new string(quote, 3) : quote.ToString();
        _at += mark.Length;
        var value = new StringBuilder();
        while (!text.AsSpan(_at).StartsWith(mark))
        {
            if (_at >= text.Length || mark.Length == 1 && text[_at] == '\n') throw Wrong(line, "python_text", $"a text is never closed");
            if (text[_at] == '\n') _line++;
            value.Append(text[_at] == '\\' && !kind.Contains('r', StringComparison.Ordinal) ? Escaped() : text[_at++]);
        }

        _at += mark.Length;
        _tokens.Add(new PythonToken(PythonTokenKind.Text, value.ToString(), line, start, _at - start, kind.Contains('f', StringComparison.Ordinal)));
    }

    private string Escaped()
    {
        var letter = Peek(1);
        var digits = letter switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0 && _at + 2 + digits <= text.Length && int.TryParse(text.AsSpan(_at + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && Rune.IsValid(code))
        {
            _at += 2 + digits;
            return new Rune(code).ToString();
        }

        _at = Math.Min(_at + 2, text.Length);
        if (letter == '\n') _line++;
        return letter switch { 'n' => "\n", 't' => "\t", 'r' => "\r", '\n' => "", '\\' or '"' or '\'' => letter.ToString(), _ => $"\\{letter}" };
    }

    private void Number()
    {
        var start = _at;
        var value = While(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_');
        // The sign of an exponent.
        if (value[^1] is 'e' or 'E' && Peek(value.Length) is '+' or '-' && !value.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            var sign = Peek(value.Length);
            _at += value.Length + 1;
            value = value + sign + While(char.IsAsciiDigit);
            _at = start;
        }

        Add(PythonTokenKind.Number, value);
    }

    private void Mark()
    {
        var letter = text[_at];
        if (letter is '(' or '[' or '{') _open.Push((letter, _line));
        if (letter is ')' or ']' or '}')
        {
            if (_open.Count == 0 || _open.Pop().Mark != (letter == ')' ? '(' : letter == ']' ? '[' : '{')) throw Wrong(_line, "python_close", $"'{letter}' closes nothing");
        }

        var two = text.AsSpan(_at, Math.Min(2, text.Length - _at));
        Add(PythonTokenKind.Mark, two is "**" or "==" or "!=" or "<=" or ">=" or "->" or "//" or "+=" or "-=" or "*=" or "/=" or ":=" ? two.ToString() : letter.ToString());
    }

    private string While(Func<char, bool> belongs)
    {
        var end = _at;
        while (end < text.Length && belongs(text[end])) end++;
        return text[_at..end];
    }

    private void Add(PythonTokenKind kind, string value)
    {
        Add(kind, value, value.Length);
        _at += value.Length;
    }

    private void Add(PythonTokenKind kind, string value, int length) => _tokens.Add(new PythonToken(kind, value, _line, _at, length));
}
