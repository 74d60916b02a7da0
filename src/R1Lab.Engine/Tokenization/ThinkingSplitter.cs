using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Separates the thought of a reasoning model, between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>, from its answer, as text comes in. Tags may be
/// cut anywhere. Only one thought is split off: tags after it belong to the answer. Line breaks around the thought are dropped, white space inside
/// it and in the answer stays. Templates that end the prompt with <c>&lt;think&gt;</c> leave the opening tag out of the output: then it starts in
/// thought (and an opening tag repeated by the model is dropped).
/// </summary>
public sealed class ThinkingSplitter(bool startsInThought)
{
    public const string Opening = "<think>";
    public const string Closing = "</think>";

    private readonly StringBuilder _held = new();
    private bool _answered;
    private State _state = startsInThought ? State.ThoughtStart : State.BeforeThought;

    private enum State { BeforeThought, ThoughtStart, InThought, AnswerStart, InAnswer }

    /// <summary>Whether the text so far ends inside a thought.</summary>
    public bool InThought => _state is State.ThoughtStart or State.InThought;

    /// <summary>Splits a whole output.</summary>
    public static ThinkingPiece Split(string text, bool startsInThought)
    {
        var splitter = new ThinkingSplitter(startsInThought);
        var first = splitter.Push(text);
        var rest = splitter.Flush();
        return new ThinkingPiece(first.Thought + rest.Thought, first.Answer + rest.Answer);
    }

    /// <summary>Whether a prompt leaves the model inside a thought.</summary>
    public static bool PromptStartsThought(string prompt) => prompt.AsSpan().TrimEnd().EndsWith(Opening);

    /// <summary>Takes the next text and hands over what cannot turn out to be part of a tag any more.</summary>
    public ThinkingPiece Push(string text) => Advance(text, final: false);

    /// <summary>Hands over the rest: the output is complete.</summary>
    public ThinkingPiece Flush() => Advance("", final: true);

    private ThinkingPiece Advance(string text, bool final)
    {
        _held.Append(text);
        var rest = _held.ToString();
        var thought = new StringBuilder();
        var answer = new StringBuilder();
        while (Step(ref rest, thought, answer, final)) { }

        _held.Clear().Append(rest);
        return new ThinkingPiece(thought.ToString(), answer.ToString());
    }

    /// <summary>Takes from the front of the rest what is certain; true when the state changed and more may be.</summary>
    private bool Step(ref string rest, StringBuilder thought, StringBuilder answer, bool final)
    {
        switch (_state)
        {
            case State.BeforeThought:
                return TakeUntilThought(ref rest, answer, final);
            case State.ThoughtStart:
                return StartThought(ref rest, final);
            case State.InThought:
                return TakeUntilAnswer(ref rest, thought, final);
            case State.AnswerStart:
                rest = rest.TrimStart('\r', '\n');
                if (rest.Length == 0) return false;
                _state = State.InAnswer;
                return true;
            default:
                answer.Append(rest);
                rest = "";
                return false;
        }
    }

    private bool StartThought(ref string rest, bool final)
    {
        rest = rest.TrimStart('\r', '\n');
        if (rest.StartsWith(Opening, StringComparison.Ordinal))
        {
            rest = rest[Opening.Length..];
            return true;
        }

        if (!final && Opening.StartsWith(rest, StringComparison.Ordinal)) return false;
        _state = State.InThought;
        return true;
    }

    /// <summary>White space before a thought at the very beginning is dropped; until something else has come it is held back.</summary>
    private bool TakeUntilThought(ref string rest, StringBuilder answer, bool final)
    {
        var found = rest.IndexOf(Opening, StringComparison.Ordinal);
        var certain = found >= 0 ? found : final ? rest.Length : rest.Length - BegunTag(rest, Opening);
        var blank = !_answered && string.IsNullOrWhiteSpace(rest[..certain]);
        if (!blank || (final && found < 0))
        {
            answer.Append(rest, 0, certain);
            rest = rest[certain..];
            found -= certain;
            _answered = true;
        }

        if (found < 0) return false;
        rest = rest[(found + Opening.Length)..];
        _state = State.ThoughtStart;
        return true;
    }

    /// <summary>Line breaks are held back: those before the closing tag are dropped.</summary>
    private bool TakeUntilAnswer(ref string rest, StringBuilder thought, bool final)
    {
        var found = rest.IndexOf(Closing, StringComparison.Ordinal);
        var certain = found >= 0 ? found : final ? rest.Length : rest.Length - BegunTag(rest, Closing);
        var text = rest.AsSpan(0, certain).TrimEnd("\r\n");
        thought.Append(text);
        rest = found >= 0 ? rest[(found + Closing.Length)..] : final ? "" : rest[text.Length..];
        if (found < 0) return false;
        _state = State.AnswerStart;
        return true;
    }

    /// <summary>How many characters at the end may be the beginning of the tag.</summary>
    private static int BegunTag(string text, string tag)
    {
        var begun = Math.Min(tag.Length - 1, text.Length);
        while (begun > 0 && !text.EndsWith(tag[..begun], StringComparison.Ordinal)) begun--;
        return begun;
    }
}
