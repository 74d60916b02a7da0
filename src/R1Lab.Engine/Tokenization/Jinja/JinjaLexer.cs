using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>
/// Template source to tokens, with the white space rules Hugging Face templates are written for: <c>trim_blocks</c> (a line break after a block
/// tag goes), <c>lstrip_blocks</c> (white space before a block tag that begins a line goes), and the signs <c>-</c> and <c>+</c> in tags.
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Operators =
        ["**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private const int MostTokens = 300_000;

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _counted;
    private bool _lineStarting = true;

    private JinjaLexer(string source)
    {
        // One line break at the very end is not part of a template, as in Jinja.
        _source = source.EndsWith('\n') ? source[..^1] : source;
    }

    /// <exception cref="ChatTemplateException">An unclosed tag or string, or a character that means nothing.</exception>
    public static List<JinjaToken> Read(string source)
    {
        var lexer = new JinjaLexer(NormalizeLineBreaks(source));
        lexer.Run();
        return lexer._tokens;
    }

    /// <summary>Only CR and CR LF are line breaks besides LF; U+2028 and the like are text.</summary>
    private static string NormalizeLineBreaks(string source) => source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');

    private void Run()
    {
        while (_at < _source.Length)
        {
            var begin = NextTag();
            if (begin < 0)
            {
                Data(_source[_at..]);
                _at = _source.Length;
                break;
            }

            var kind = _source[begin + 1];
            var sign = begin + 2 < _source.Length && _source[begin + 2] is '-' or '+' ? _source[begin + 2] : '\0';
            Data(BeforeTag(_source[_at..begin], kind, sign));
            _at = begin + (sign == '\0' ? 2 : 3);
            if (kind == '#') Comment();
            else if (kind == '%' && TryRaw()) { }
            else Tag(kind);
        }

        Add(JinjaTokenKind.End, "");
    }

    private int NextTag()
    {
        for (var at = _at; (at = _source.IndexOf('{', at)) >= 0 && at + 1 < _source.Length; at++)
        {
            if (_source[at + 1] is '{' or '%' or '#') return at;
        }

        return -1;
    }

    private string BeforeTag(string text, char kind, char sign)
    {
        if (sign == '-') return text.TrimEnd();
        if (sign == '+' || kind == '{') return text;
        var lineStart = text.LastIndexOf('\n') + 1;
        return (lineStart > 0 || _lineStarting) && string.IsNullOrWhiteSpace(text[lineStart..]) ? text[..lineStart] : text;
    }

    private void Data(string text)
    {
        if (text.Length > 0) Add(JinjaTokenKind.Data, text);
    }

    private void Comment()
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw Wrong("a comment is not closed");
        var sign = end > _at ? _source[end - 1] : '\0';
        AfterTag(end + 2, sign, trimsLineBreak: true);
    }

    /// <summary>White space after a tag: all of it for a minus sign, one line break after a block or comment without a sign.</summary>
    private void AfterTag(int end, char sign, bool trimsLineBreak)
    {
        _at = end;
        if (sign == '-')
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at])) _at++;
        }
        else if (sign != '+' && trimsLineBreak && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
        }

        _lineStarting = _source[_at - 1] == '\n';
    }

    private bool TryRaw()
    {
        if (BareTag(_at, "raw") is not var (contentStart, openSign)) return false;
        for (var at = contentStart; (at = _source.IndexOf("{%", at, StringComparison.Ordinal)) >= 0; at += 2)
        {
            var sign = at + 2 < _source.Length && _source[at + 2] is '-' or '+' ? _source[at + 2] : '\0';
            if (BareTag(at + (sign == '\0' ? 2 : 3), "endraw") is not var (end, closeSign)) continue;
            AfterTag(contentStart, openSign, trimsLineBreak: false);
            Data(BeforeTag(_source[Math.Min(_at, at)..at], '%', sign));
            AfterTag(end, closeSign, trimsLineBreak: true);
            return true;
        }

        throw Wrong("raw is not closed by endraw");
    }

    /// <summary>Where a tag that holds only this name ends, and the sign before its end; null when it is another tag.</summary>
    private (int End, char Sign)? BareTag(int at, string name)
    {
        while (at < _source.Length && char.IsWhiteSpace(_source[at])) at++;
        if (string.CompareOrdinal(_source, at, name, 0, name.Length) != 0) return null;
        at += name.Length;
        while (at < _source.Length && char.IsWhiteSpace(_source[at])) at++;
        var sign = at < _source.Length && _source[at] is '-' or '+' ? _source[at] : '\0';
        if (sign != '\0') at++;
        return string.CompareOrdinal(_source, at, "%}", 0, 2) == 0 ? (at + 2, sign) : null;
    }

    private void Tag(char kind)
    {
        var isVariable = kind == '{';
        Add(isVariable ? JinjaTokenKind.VariableBegin : JinjaTokenKind.BlockBegin, isVariable ? "{{" : "{%");
        var close = isVariable ? "}}" : "%}";
        var open = new Stack<char>();
        while (true)
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at])) _at++;
            if (_at >= _source.Length) throw Wrong($"a tag is not closed by {close}");
            if (open.Count == 0 && TryEnd(close, isVariable)) return;
            Expression(open);
        }
    }

    private bool TryEnd(string close, bool isVariable)
    {
        var sign = _source[_at] is '-' || (_source[_at] is '+' && !isVariable) ? _source[_at] : '\0';
        var at = sign == '\0' ? _at : _at + 1;
        if (string.CompareOrdinal(_source, at, close, 0, 2) != 0) return false;
        Add(isVariable ? JinjaTokenKind.VariableEnd : JinjaTokenKind.BlockEnd, close);
        AfterTag(at + 2, sign, trimsLineBreak: !isVariable);
        return true;
    }

    private void Expression(Stack<char> open)
    {
        var unit = _source[_at];
        if (unit is '\'' or '"') StringLiteral(unit);
        else if (char.IsAsciiDigit(unit)) Number();
        else if (unit == '_' || char.IsLetter(unit)) Name();
        else Operator(open);
    }

    private void Name()
    {
        var start = _at;
        while (_at < _source.Length && (_source[_at] == '_' || char.IsLetterOrDigit(_source[_at]))) _at++;
        Add(JinjaTokenKind.Name, _source[start.._at]);
    }

    private void Number()
    {
        var start = _at;
        var afterDot = _tokens[^1].IsOperator(".");
        if (!afterDot && _source[_at] == '0' && _at + 1 < _source.Length && _source[_at + 1] is 'x' or 'X' or 'o' or 'O' or 'b' or 'B')
        {
            _at += 2;
            while (_at < _source.Length && (char.IsAsciiHexDigit(_source[_at]) || _source[_at] == '_')) _at++;
            Add(JinjaTokenKind.Integer, _source[start.._at]);
            return;
        }

        Digits();
        var kind = JinjaTokenKind.Integer;
        if (!afterDot && Peek(0) == '.' && char.IsAsciiDigit(Peek(1)))
        {
            kind = JinjaTokenKind.Float;
            _at++;
            Digits();
        }

        var exponent = Peek(1) is '+' or '-' ? 2 : 1;
        if (!afterDot && Peek(0) is 'e' or 'E' && char.IsAsciiDigit(Peek(exponent)))
        {
            kind = JinjaTokenKind.Float;
            _at += exponent;
            Digits();
        }

        Add(kind, _source[start.._at].Replace("_", "", StringComparison.Ordinal));
    }

    private void Digits()
    {
        while (char.IsAsciiDigit(Peek(0)) || (Peek(0) == '_' && char.IsAsciiDigit(Peek(1)))) _at++;
    }

    private char Peek(int ahead) => _at + ahead < _source.Length ? _source[_at + ahead] : '\0';

    private void Operator(Stack<char> open)
    {
        var found = Operators.FirstOrDefault(candidate => string.CompareOrdinal(_source, _at, candidate, 0, candidate.Length) == 0)
            ?? throw Wrong($"unexpected character '{_source[_at]}'");
        if (found is "(" or "[" or "{") open.Push(found switch { "(" => ')', "[" => ']', _ => '}' });
        if (found is ")" or "]" or "}" && (open.Count == 0 || open.Pop() != found[0])) throw Wrong($"unexpected '{found}'");
        Add(JinjaTokenKind.Operator, found);
        _at += found.Length;
    }

    private void StringLiteral(char quote)
    {
        var text = new StringBuilder();
        var start = _at++;
        while (Peek(0) != quote)
        {
            if (_at >= _source.Length)
            {
                _at = start;
                throw Wrong("a string is not closed");
            }

            if (_source[_at] == '\\' && _at + 1 < _source.Length) Escape(text);
            else text.Append(_source[_at++]);
        }

        Add(JinjaTokenKind.String, text.ToString());
        _at++;
    }

    private void Escape(StringBuilder text)
    {
        var unit = _source[_at + 1];
        _at += 2;
        const string Letters = "abfnrtv\\'\"";
        const string Values = "\a\b\f\n\r\t\v\\'\"";
        if (Letters.IndexOf(unit) is >= 0 and var index) text.Append(Values[index]);
        else if (unit is 'x' or 'u' or 'U') text.Append(CodePoint(unit switch { 'x' => 2, 'u' => 4, _ => 8 }));
        else if (unit is >= '0' and <= '7') text.Append(Octal(unit - '0'));
        else if (unit != '\n') text.Append('\\').Append(unit);
    }

    private string Octal(int value)
    {
        for (var digits = 1; digits < 3 && Peek(0) is >= '0' and <= '7'; digits++) value = (value * 8) + (_source[_at++] - '0');
        return ((char)value).ToString();
    }

    private string CodePoint(int digits)
    {
        var text = _source.AsSpan(_at, Math.Min(digits, _source.Length - _at));
        if (text.Length < digits || !int.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) || value is < 0 or > 0x10FFFF)
        {
            throw Wrong("a string has a broken escape");
        }

        _at += digits;
        return value is >= 0xD800 and <= 0xDFFF ? ((char)value).ToString() : char.ConvertFromUtf32(value);
    }

    private void Add(JinjaTokenKind kind, string text)
    {
        if (_tokens.Count >= MostTokens) throw Wrong($"the template has more than {MostTokens} parts");
        CountLines();
        _tokens.Add(new JinjaToken(kind, text, _line));
    }

    private void CountLines()
    {
        _line += _source.AsSpan(_counted, Math.Max(0, _at - _counted)).Count('\n');
        _counted = Math.Max(_counted, _at);
    }

    private ChatTemplateException Wrong(string reason)
    {
        CountLines();
        return new ChatTemplateException(_line, reason);
    }
}
