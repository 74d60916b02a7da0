using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Any other regular expression of a tokenizer.json, run by .NET's Regex. That sees UTF-16 units, so every character beyond the BMP is shown to
/// it as one character of the same general category from a part of the BMP that patterns do not name.
/// </summary>
internal sealed class RegexPattern : SplitPattern
{
    private static readonly Dictionary<UnicodeCategory, char> StandIns = Enumerable.Range(0xA000, 0x6000).Concat(Enumerable.Range(0x370, 0x9C90))
        .GroupBy(unit => char.GetUnicodeCategory((char)unit)).ToDictionary(group => group.Key, group => (char)group.First());

    private const int LongestExpression = 10_000;

    private readonly Regex _regex;
    private readonly JsonField _field;

    /// <exception cref="BadInputException">.NET cannot read the expression.</exception>
    public RegexPattern(JsonField field)
    {
        _field = field with { Value = default };
        if (field.Text().Length > LongestExpression) throw field.Wrong("regex_long", $"this regular expression has more than {LongestExpression} characters");
        try
        {
            _regex = new Regex(field.Text(), RegexOptions.CultureInvariant, SplitDeadline.LongestMatch);
        }
        catch (ArgumentException error)
        {
            throw field.Wrong("regex_unsupported", $"this regular expression is not supported: {error.Message}");
        }
    }

    public override void Find(ReadOnlySpan<char> text, List<Segment> segments, SplitDeadline deadline)
    {
        var (shown, starts) = Show(text);
        var done = 0;
        try
        {
            foreach (var match in _regex.EnumerateMatches(shown))
            {
                if (deadline.HasPassed) throw TooSlow();
                if (match.Length == 0) continue;
                var (start, end) = (starts?[match.Index] ?? match.Index, starts?[match.Index + match.Length] ?? match.Index + match.Length);
                if (done < start) segments.Add(new Segment(done, start, false));
                segments.Add(new Segment(start, end, true));
                done = end;
            }
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }

        if (deadline.HasPassed) throw TooSlow();

        if (done < text.Length) segments.Add(new Segment(done, text.Length, false));
    }

    private BadInputException TooSlow() => _field.Wrong("regex_slow", $"this regular expression takes too long on the given text");

    /// <summary>The text as the expression sees it, and for each of its characters where that one starts (null: the same place).</summary>
    private static (string Shown, int[]? Starts) Show(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF')) return (text.ToString(), null);
        var shown = new StringBuilder(text.Length);
        var starts = new List<int>(text.Length);
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            starts.Add(at);
            at += rune.Utf16SequenceLength;
            shown.Append(rune.IsBmp ? (char)rune.Value : StandIns[Rune.GetUnicodeCategory(rune)]);
        }

        starts.Add(at);
        return (shown.ToString(), [.. starts]);
    }
}
