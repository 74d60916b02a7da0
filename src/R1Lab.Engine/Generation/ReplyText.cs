using System.Text;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>
/// The text of one reply as tokens come. Text that could still become a stop text is held back; at a stop text the reply ends before it.
/// Where tokens that mark a thought stand in the text is kept beside it: the text alone does not tell a mark from a quotation of it.
/// </summary>
internal sealed class ReplyText(Tokenizer? tokenizer, GenerationSettings settings, ThoughtMarks thoughtMarks)
{
    private readonly StreamingDetokenizer? _detokenizer = tokenizer?.CreateDetokenizer(settings.SkipSpecialTokens);
    private readonly StringBuilder _released = new();
    private readonly List<ThoughtMark> _marks = [];
    private string _held = "";
    private int _taken;

    /// <summary>True once a stop text has come.</summary>
    public bool Stopped { get; private set; }

    /// <summary>All text released so far.</summary>
    public string Text => _released.ToString();

    /// <summary>Characters released so far.</summary>
    public int Length => _released.Length;

    /// <summary>The marks in the text released so far.</summary>
    public IReadOnlyList<ThoughtMark> Marks => [.. _marks.Where(mark => mark.End <= _released.Length)];

    /// <returns>The text that became certain with this token.</returns>
    public string Push(int token)
    {
        if (_detokenizer is null) return "";
        var text = _held + _detokenizer.Push(token);
        if (thoughtMarks.Opens(token) is { } opens) _marks.Add(MarkAtEnd(text, token, opens));
        return Release(text, isLast: false);
    }

    /// <summary>The marks released since the last call, placed in a text that begins at this character.</summary>
    public IReadOnlyList<ThoughtMark> TakeMarks(int start)
    {
        if (_taken == _marks.Count) return [];
        List<ThoughtMark> released = [.. _marks.Skip(_taken).TakeWhile(mark => mark.End <= _released.Length)];
        _taken += released.Count;
        return released.ConvertAll(mark => mark with { Start = mark.Start - start });
    }

    /// <returns>What was held back, when no more tokens come.</returns>
    public string Finish() => _detokenizer is null || Stopped ? "" : Release(_held + _detokenizer.Flush(), isLast: true);

    private string Release(string text, bool isLast)
    {
        var stop = FirstStop(text);
        if (stop >= 0) Stopped = true;
        var certain = stop >= 0 ? stop : isLast ? text.Length : BeforeCutMark(text.Length - PossibleStop(text));
        _held = stop >= 0 ? "" : text[certain..];
        _released.Append(text, 0, certain);
        return text[..certain];
    }

    // The text of a mark is the last that its token gave; a special token may give none.
    private ThoughtMark MarkAtEnd(string text, int token, bool opens)
    {
        var mark = opens ? ThoughtMarks.Opening : ThoughtMarks.Closing;
        var length = settings.SkipSpecialTokens && tokenizer!.IsSpecial(token) ? 0 : mark.Length;
        return new ThoughtMark(_released.Length + text.Length - length, length, opens);
    }

    // A mark is released as a whole, though a stop text may begin in its middle.
    private int BeforeCutMark(int certain)
    {
        var end = _released.Length + certain;
        foreach (var mark in _marks)
        {
            if (mark.Start < end && end < mark.End) return mark.Start - _released.Length;
        }

        return certain;
    }

    private int FirstStop(string text)
    {
        var first = -1;
        foreach (var stop in settings.Stop)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (first < 0 || at < first)) first = at;
        }

        return first;
    }

    // Length of the longest end of the text that a stop text begins with.
    private int PossibleStop(string text)
    {
        var longest = 0;
        foreach (var stop in settings.Stop)
        {
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length))) longest = length;
            }
        }

        return longest;
    }
}
