using System.Text;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <param name="Unknown">It holds a variable whose value the script does not say; <paramref name="Text"/> is what stands there.</param>
internal sealed record ShellWord(string Text, int Line, bool Quoted, bool Unknown);

/// <summary>Cuts a shell script into commands and their words. Quotes, comments, continued lines and the script's own variables are understood; nothing else is.</summary>
internal sealed class ShellWords(string text, Dictionary<string, string> variables, ImportBudget budget)
{
    private readonly StringBuilder _word = new();
    private int _at;
    private int _line = 1;
    private bool _begun;
    private bool _quoted;
    private bool _unknown;

    /// <summary>Every command with the line it begins in.</summary>
    public IEnumerable<(IReadOnlyList<ShellWord> Words, int Line)> Commands()
    {
        var (words, line) = (new List<ShellWord>(), 1);
        while (_at < text.Length)
        {
            budget.Check();
            var letter = text[_at];
            if (letter == '\\' && Peek(1) is '\n' or '\r') Continue();
            else if (letter is ' ' or '\t' or '\r') End(words);
            else if (letter == '#' && !_begun) _at = text.IndexOf('\n', _at) is >= 0 and var end ? end : text.Length;
            else if (letter is not ('\n' or ';' or '&' or '|')) Read();
            else
            {
                End(words);
                if (words.Count > 0) yield return (words, line);
                (words, line) = ([], letter == '\n' ? ++_line : _line);
                continue;
            }

            if (words.Count == 0 && !_begun) line = _line;
        }

        End(words);
        if (words.Count > 0) yield return (words, line);
    }

    private char Peek(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private void Continue()
    {
        _at += Peek(1) == '\r' && Peek(2) == '\n' ? 3 : 2;
        _line++;
    }

    // A word ends; NAME=value in front of a command gives a name its value.
    private void End(List<ShellWord> words)
    {
        _at++;
        if (!_begun) return;
        var word = new ShellWord(_word.ToString(), _line, _quoted, _unknown);
        _word.Clear();
        (_begun, _quoted, _unknown) = (false, false, false);
        budget.Characters(word.Text.Length);
        var equals = word.Text.IndexOf('=', StringComparison.Ordinal);
        if (words.All(one => one.Text == "export") && equals > 0 && word.Text.AsSpan(0, equals).IndexOfAnyExcept(Letters) < 0)
        {
            if (word.Unknown) variables.Remove(word.Text[..equals]);
            else variables[word.Text[..equals]] = word.Text[(equals + 1)..];
        }
        else
        {
            words.Add(word);
        }
    }

    private static readonly System.Buffers.SearchValues<char> Letters = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private void Read()
    {
        var letter = text[_at];
        (_begun, _quoted) = (true, _quoted || !_begun && letter is '"' or '\'');
        if (letter is '"' or '\'') Quoted(letter);
        else if (letter == '$') Variable();
        else
        {
            if (letter == '\\' && _at + 1 < text.Length) _at++;
            _word.Append(text[_at++]);
        }
    }

    private void Quoted(char quote)
    {
        if (text.IndexOf(quote, _at + 1) < 0)
        {
            // Not a quote, in a text that may be no shell script at all.
            _word.Append(text[_at++]);
            return;
        }

        for (_at++; _at < text.Length && text[_at] != quote;)
        {
            if (text[_at] == '\n') _line++;
            if (quote == '"' && text[_at] == '$') Variable();
            else
            {
                if (quote == '"' && text[_at] == '\\' && Peek(1) is '"' or '\\' or '$') _at++;
                _word.Append(text[_at++]);
            }
        }

        _at++;
    }

    // $NAME, ${NAME}, ${NAME:-value}; other expansions are only known when the script runs.
    private void Variable()
    {
        var start = _at++;
        var braces = Peek(0) == '{';
        if (braces) _at++;
        var from = _at;
        while (Letters.Contains(Peek(0))) _at++;
        var name = text[from.._at];
        string? value = variables.GetValueOrDefault(name);
        if (braces)
        {
            var close = text.IndexOf('}', _at);
            if (close >= 0 && text.AsSpan(_at).StartsWith(":-")) value ??= text[(_at + 2)..close];
            else if (close != _at) value = null;
            _at = close < 0 ? text.Length : close + 1;
        }

        _unknown |= value is null;
        value ??= text[start.._at];
        budget.Characters(value.Length);
        _word.Append(value);
    }
}
