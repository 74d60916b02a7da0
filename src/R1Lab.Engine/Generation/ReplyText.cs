using System.Text;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>
/// The text of one reply as tokens come. Text that could still become a stop text is held back; at a stop text the reply ends before it.
/// </summary>
internal sealed class ReplyText(Tokenizer? tokenizer, GenerationSettings settings)
{
    private readonly StreamingDetokenizer? _detokenizer = tokenizer?.CreateDetokenizer(settings.SkipSpecialTokens);
    private readonly StringBuilder _released = new();
    private string _held = "";

    /// <summary>True once a stop text has come.</summary>
    public bool Stopped { get; private set; }

    /// <summary>All text released so far.</summary>
    public string Text => _released.ToString();

    /// <returns>The text that became certain with this token.</returns>
    public string Push(int token) => _detokenizer is null ? "" : Release(_held + _detokenizer.Push(token), isLast: false);

    /// <returns>What was held back, when no more tokens come.</returns>
    public string Finish() => _detokenizer is null || Stopped ? "" : Release(_held + _detokenizer.Flush(), isLast: true);

    private string Release(string text, bool isLast)
    {
        var stop = FirstStop(text);
        if (stop >= 0) Stopped = true;
        var certain = stop >= 0 ? stop : isLast ? text.Length : text.Length - PossibleStop(text);
        _held = stop >= 0 ? "" : text[certain..];
        _released.Append(text, 0, certain);
        return text[..certain];
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
