using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Separates the thought of a reasoning model from its answer, as text comes in. Marks are told by token id where the vocabulary has them
/// and looked for in the text, cut anywhere, where not. A thought opens only before the first words of the answer; marks behind those are
/// quotes and stay text. A closing mark that nothing opened ends a thought all the same (some models leave the opening mark out), unless
/// it stands in quotation marks. Line breaks around the thought are dropped, white space inside it and in the answer stays.
/// </summary>
/// <param name="marks">The model's.</param>
/// <param name="start">
/// Where the prompt leaves the reply: templates may open the thought, and a continued message may be inside its answer.
/// </param>
/// <param name="mostHeld">Characters held back while nothing tells whether they are thought or answer.</param>
public sealed class ThinkingSplitter(ThoughtMarks marks, ThoughtState start = ThoughtState.None, int mostHeld = ThinkingSplitter.MostHeld)
{
    /// <summary>
    /// Text that no mark opened is an answer, or a thought without its opening mark. A stream waits for so many characters, some seconds
    /// at most, and then takes it for an answer.
    /// </summary>
    public const int MostHeld = 256;

    private static readonly string[] QuotePairs = ["``", "\"\"", "''", "“”", "‘’", "「」", "『』"];

    private readonly List<ThoughtMark> _marks = [];
    private string _held = "";
    private bool _hasThought = start == ThoughtState.Closed;
    private bool _wroteThought;
    private bool _separates;
    private Stage _stage = start switch
    {
        ThoughtState.Open => Stage.ThoughtStart,
        ThoughtState.Answer => Stage.Answer,
        _ => Stage.Before,
    };

    private enum Stage { Before, ThoughtStart, Thought, Undecided, Answer }

    /// <summary>Where the text so far ends. Undecided text counts as the answer.</summary>
    public ThoughtState State => _stage switch
    {
        Stage.ThoughtStart or Stage.Thought => ThoughtState.Open,
        Stage.Before => _hasThought ? ThoughtState.Closed : ThoughtState.None,
        _ => ThoughtState.Answer,
    };

    /// <summary>Text that is held back because it may be an answer or a thought without its opening mark.</summary>
    public string Undecided => _stage == Stage.Undecided ? _held : "";

    /// <summary>Splits a whole output.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="found">The marks in it that are tokens.</param>
    /// <param name="marks">The model's.</param>
    /// <param name="start">Where the prompt leaves the reply.</param>
    public static ThinkingPiece Split(string text, IReadOnlyList<ThoughtMark> found, ThoughtMarks marks, ThoughtState start)
    {
        var splitter = new ThinkingSplitter(marks, start, int.MaxValue);
        var first = splitter.Push(text, found);
        var rest = splitter.Flush();
        return new ThinkingPiece(first.Thought + rest.Thought, first.Answer + rest.Answer);
    }

    /// <summary>Where a prompt leaves the model: templates may open a thought, or open and close an empty one.</summary>
    public static ThoughtState AtEndOf(string prompt)
    {
        var end = prompt.AsSpan().TrimEnd();
        if (end.EndsWith(ThoughtMarks.Opening)) return ThoughtState.Open;
        return end.EndsWith(ThoughtMarks.Closing) ? ThoughtState.Closed : ThoughtState.None;
    }

    /// <summary>Takes the next text and hands over what is certain.</summary>
    /// <param name="text">May be empty.</param>
    /// <param name="found">The marks in it that are tokens.</param>
    public ThinkingPiece Push(string text, IReadOnlyList<ThoughtMark> found)
    {
        _marks.AddRange(found.Select(mark => mark with { Start = mark.Start + _held.Length }));
        _held += text;
        return Advance(final: false);
    }

    /// <summary>Hands over the rest: the output is complete.</summary>
    public ThinkingPiece Flush() => Advance(final: true);

    private ThinkingPiece Advance(bool final)
    {
        var (thought, answer) = (new StringBuilder(), new StringBuilder());
        while (Step(thought, answer, final)) { }
        return new ThinkingPiece(thought.ToString(), answer.ToString());
    }

    /// <summary>Takes from the front what is certain; true when the stage changed and more may be.</summary>
    private bool Step(StringBuilder thought, StringBuilder answer, bool final) => _stage switch
    {
        Stage.Before => WaitForWords(final),
        Stage.ThoughtStart => StartThought(final),
        Stage.Thought => TakeThought(thought, final),
        Stage.Undecided => Decide(thought, final),
        _ => TakeAnswer(answer),
    };

    /// <summary>White space is held back until a mark or the first words of an answer come.</summary>
    private bool WaitForWords(bool final)
    {
        var mark = Find(candidate => candidate.Opens || _hasThought || marks.AreKnown);
        var end = mark?.Start ?? Certain(final);
        if (!string.IsNullOrWhiteSpace(_held[..end]) || (final && mark is null))
        {
            if (_hasThought) DropLineBreaks();
            _stage = _hasThought || !marks.AreKnown ? Stage.Answer : Stage.Undecided;
            return true;
        }

        if (mark is not { } found) return false;
        Take(found);
        _hasThought |= !found.Opens;
        if (found.Opens) (_stage, _separates) = (Stage.ThoughtStart, _wroteThought);
        return true;
    }

    /// <summary>Line breaks go, and an opening mark that the model repeats behind the template's.</summary>
    private bool StartThought(bool final)
    {
        DropLineBreaks();
        if (Find(_ => true) is { Start: 0, Opens: true } repeated)
        {
            Take(repeated);
            return true;
        }

        if (!final && MayRepeatOpening) return false;
        _stage = Stage.Thought;
        return true;
    }

    /// <summary>Line breaks are held back: those before the closing mark are dropped.</summary>
    private bool TakeThought(StringBuilder thought, bool final)
    {
        var mark = Find(candidate => !candidate.Opens);
        var text = _held[..(mark?.Start ?? Certain(final))].TrimEnd('\r', '\n');
        if (_separates && text.Length > 0) thought.Append('\n');
        _separates &= text.Length == 0;
        _wroteThought |= text.Length > 0;
        thought.Append(text);
        if (mark is { } closing)
        {
            Take(closing);
            (_stage, _hasThought) = (Stage.Before, true);
            return true;
        }

        Drop(final ? _held.Length : text.Length);
        return false;
    }

    private bool Decide(StringBuilder thought, bool final)
    {
        var mark = Find(candidate => candidate.Opens || !IsQuoted(candidate));
        if (mark is { Opens: false } closing)
        {
            if (!final && MayBeQuoted(closing)) return false;
            thought.Append(_held[..closing.Start].Trim('\r', '\n'));
            Take(closing);
            (_stage, _hasThought, _wroteThought) = (Stage.Before, true, true);
            return true;
        }

        if (mark is null && !final && _held.Length <= mostHeld) return false;
        _stage = Stage.Answer;
        return true;
    }

    private bool TakeAnswer(StringBuilder answer)
    {
        answer.Append(_held);
        _held = "";
        _marks.Clear();
        return false;
    }

    private bool MayRepeatOpening => _held.Length == 0
        ? _marks.Count == 0
        : marks.OpeningId is null && ThoughtMarks.Opening.StartsWith(_held, StringComparison.Ordinal);

    private bool IsQuoted(ThoughtMark mark) =>
        mark.Start > 0 && mark.End < _held.Length && QuotePairs.Contains($"{_held[mark.Start - 1]}{_held[mark.End]}");

    private bool MayBeQuoted(ThoughtMark mark) =>
        mark.Start > 0 && mark.End == _held.Length && QuotePairs.Any(pair => pair[0] == _held[mark.Start - 1]);

    private ThoughtMark? Find(Predicate<ThoughtMark> isWanted)
    {
        IEnumerable<ThoughtMark> all = _marks;
        if (marks.OpeningId is null) all = all.Concat(InText(ThoughtMarks.Opening, opens: true));
        if (marks.ClosingId is null) all = all.Concat(InText(ThoughtMarks.Closing, opens: false));
        foreach (var mark in all.OrderBy(mark => mark.Start))
        {
            if (isWanted(mark)) return mark;
        }

        return null;
    }

    private IEnumerable<ThoughtMark> InText(string tag, bool opens)
    {
        for (var at = 0; (at = _held.IndexOf(tag, at, StringComparison.Ordinal)) >= 0; at += tag.Length)
            yield return new ThoughtMark(at, tag.Length, opens);
    }

    /// <summary>How much of the held text cannot turn out to be part of a mark that is looked for in the text.</summary>
    private int Certain(bool final) => final ? _held.Length : _held.Length - Math.Max(
        marks.OpeningId is null ? Begun(ThoughtMarks.Opening) : 0,
        marks.ClosingId is null ? Begun(ThoughtMarks.Closing) : 0);

    private int Begun(string tag)
    {
        var begun = Math.Min(tag.Length - 1, _held.Length);
        while (begun > 0 && !_held.EndsWith(tag[..begun], StringComparison.Ordinal)) begun--;
        return begun;
    }

    private void DropLineBreaks()
    {
        var (end, at) = (Find(_ => true)?.Start ?? _held.Length, 0);
        while (at < end && _held[at] is '\r' or '\n') at++;
        Drop(at);
    }

    private void Take(ThoughtMark mark)
    {
        _marks.Remove(mark);
        Drop(mark.End);
    }

    private void Drop(int characters)
    {
        _held = _held[characters..];
        _marks.RemoveAll(mark => mark.Start < characters);
        for (var i = 0; i < _marks.Count; i++) _marks[i] = _marks[i] with { Start = _marks[i].Start - characters };
    }
}
