namespace R1Lab.Engine.Tokenization;

/// <summary>A stretch of text, and whether the pattern matched it or it lies between matches.</summary>
internal readonly record struct Segment(int Start, int End, bool IsMatch);

/// <summary>What a text is cut by.</summary>
internal abstract class SplitPattern
{
    /// <summary>Adds the segments that cover the whole of a well-formed text, in order and without gaps.</summary>
    /// <param name="deadline">When work on the whole text must end.</param>
    public abstract void Find(ReadOnlySpan<char> text, List<Segment> segments, SplitDeadline deadline);
}

/// <summary>Every single character of a kind is a match.</summary>
internal sealed class CharacterPattern(Func<System.Text.Rune, bool> isMatch) : SplitPattern
{
    public override void Find(ReadOnlySpan<char> text, List<Segment> segments, SplitDeadline deadline)
    {
        var start = 0;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var end = at + rune.Utf16SequenceLength;
            if (isMatch(rune))
            {
                if (start < at) segments.Add(new Segment(start, at, false));
                segments.Add(new Segment(at, end, true));
                start = end;
            }

            at = end;
        }

        if (start < at) segments.Add(new Segment(start, at, false));
    }
}

/// <summary>Every occurrence of a fixed string is a match.</summary>
internal sealed class LiteralPattern(string literal) : SplitPattern
{
    public override void Find(ReadOnlySpan<char> text, List<Segment> segments, SplitDeadline deadline)
    {
        var start = 0;
        for (int found; (found = text[start..].IndexOf(literal, StringComparison.Ordinal)) >= 0; start += found + literal.Length)
        {
            if (found > 0) segments.Add(new Segment(start, start + found, false));
            segments.Add(new Segment(start + found, start + found + literal.Length, true));
        }

        if (start < text.Length) segments.Add(new Segment(start, text.Length, false));
    }
}
