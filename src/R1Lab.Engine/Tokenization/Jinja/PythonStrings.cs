using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Texts as Python sees them: by code point, with Python's idea of white space.</summary>
internal static class PythonStrings
{
    public static long Length(string text) => text.Length - Pairs(text);

    public static IReadOnlyList<string> Characters(string text, RenderLimits limits)
    {
        limits.MakeObjects(text.Length);
        var characters = new List<string>(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1])) characters.Add(text.Substring(at++, 2));
            else characters.Add(text[at].ToString());
        }

        return characters;
    }

    public static string At(string text, int place)
    {
        var at = Offset(text, place);
        return text.Substring(at, Width(text, at));
    }

    /// <summary>Where the character of that place begins in UTF-16; the end for places beyond it.</summary>
    public static int Offset(string text, long place)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return (int)Math.Min(place, text.Length);
        var at = 0;
        for (; place > 0 && at < text.Length; place--) at += Width(text, at);
        return at;
    }

    /// <summary>Python's <c>text[start:stop]</c>.</summary>
    public static string Slice(string text, long? start, long? stop, RenderLimits limits)
    {
        var length = Length(text);
        var (from, to) = (Clamp(start ?? 0), Clamp(stop ?? length));
        if (from >= to) return "";
        var (begin, end) = (Offset(text, from), Offset(text, to));
        limits.Make(end - begin);
        return text[begin..end];

        long Clamp(long bound) => Math.Clamp(bound < 0 ? bound + length : bound, 0, length);
    }

    /// <summary>Order by code points; UTF-16 units would put U+E000 and up before everything beyond the BMP.</summary>
    public static int Compare(string left, string right, RenderLimits limits)
    {
        var length = Math.Min(left.Length, right.Length);
        var at = left.AsSpan(0, length).CommonPrefixLength(right);
        limits.Spend(at / 16);
        if (at == length) return left.Length.CompareTo(right.Length);
        return char.IsSurrogate(left[at]) == char.IsSurrogate(right[at]) ? left[at].CompareTo(right[at]) : char.IsSurrogate(left[at]) ? 1 : -1;
    }

    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\u001C' and <= '\u001F';

    /// <summary>Takes characters of a set (null: white space) off the ends.</summary>
    public static string Strip(string text, string? set, bool left, bool right)
    {
        var (start, end) = (0, text.Length);
        var codes = set is null ? null : CodePoints(set);
        while (left && start < end && Goes(text, start, Width(text, start))) start += Width(text, start);
        while (right && end > start && Goes(text, end - WidthBefore(text, end), WidthBefore(text, end))) end -= WidthBefore(text, end);
        return text[start..end];

        bool Goes(string from, int at, int width) => codes is null ? IsSpace(from[at]) : codes.Contains(CodePoint(from, at, width));
    }

    private static HashSet<int> CodePoints(string text)
    {
        var codes = new HashSet<int>();
        for (var at = 0; at < text.Length; at += Width(text, at)) codes.Add(CodePoint(text, at, Width(text, at)));
        return codes;
    }

    private static int CodePoint(string text, int at, int width) => width == 2 ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];

    /// <summary>Python's split: by white space without a separator; at most so many cuts when not negative, from the left or the right.</summary>
    public static List<object?> Split(string text, string? separator, int most, bool fromRight, RenderLimits limits)
    {
        if (separator is { Length: 0 }) throw new JinjaException("empty separator");
        if (most < 0) most = int.MaxValue;
        var parts = separator is null ? SplitAtSpaces(text, most, fromRight, limits) : SplitAt(text, separator, most, fromRight, limits);
        return [.. parts];
    }

    public static List<string> Lines(string text, RenderLimits limits, bool keepEnds = false)
    {
        limits.Make(text.Length);
        limits.MakeObjects(text.AsSpan().ContainsAny(LineBreaks) ? text.Count(IsLineBreak) + 1L : 1);
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && !IsLineBreak(text[end])) end++;
            var next = end + (end + 1 < text.Length && text[end] == '\r' && text[end + 1] == '\n' ? 2 : end < text.Length ? 1 : 0);
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }

        return lines;
    }

    /// <summary>Replaces at most so many occurrences when not negative; an empty old text is found between all characters.</summary>
    public static string Replace(string text, string old, string replacement, int most, RenderLimits limits)
    {
        if (most < 0) most = int.MaxValue;
        var places = (old.Length == 0 ? Gaps(text) : TextSearch.All(text, old, limits)).Take(most);
        limits.Make(text.Length + ((long)places.Count() * (1 + replacement.Length)));
        var result = new StringBuilder(text.Length);
        var done = 0;
        foreach (var place in places)
        {
            result.Append(text, done, place - done).Append(replacement);
            done = place + old.Length;
        }

        return result.Append(text, done, text.Length - done).ToString();
    }

    public static string Upper(string text) => text.ToUpperInvariant().Replace("ß", "SS", StringComparison.Ordinal);

    public static string Capitalize(string text)
    {
        if (text.Length == 0) return text;
        var first = Width(text, 0);
        return Upper(text[..first]) + text[first..].ToLowerInvariant();
    }

    /// <summary>Every letter after something that is no letter becomes upper case, all others lower.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(inWord ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune));
            inWord = Rune.IsLetter(rune);
        }

        return result.ToString();
    }

    /// <summary>Upper case letters become lower, all others upper.</summary>
    public static string SwapCase(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) result.Append(Rune.IsUpper(rune) ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune));
        return result.ToString();
    }

    /// <summary>Whether there is a character and all are of that kind.</summary>
    public static bool All(string text, Func<Rune, bool> isKind) => text.Length > 0 && text.EnumerateRunes().All(isKind);

    private static int Pairs(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return 0;
        var pairs = 0;
        for (var at = 0; at + 1 < text.Length; at++)
        {
            if (!char.IsSurrogatePair(text[at], text[at + 1])) continue;
            pairs++;
            at++;
        }

        return pairs;
    }

    private static int Width(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;

    private static int WidthBefore(string text, int end) => end > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1;

    private static readonly System.Buffers.SearchValues<char> LineBreaks = System.Buffers.SearchValues.Create("\n\r\v\f\u001C\u001D\u001E\u0085\u2028\u2029");

    private static bool IsLineBreak(char unit) => LineBreaks.Contains(unit);

    private static IEnumerable<int> Gaps(string text)
    {
        for (var at = 0; at < text.Length; at += Width(text, at)) yield return at;
        yield return text.Length;
    }

    private static List<string> SplitAt(string text, string separator, int most, bool fromRight, RenderLimits limits)
    {
        var cuts = (fromRight ? TextSearch.FromRight(text, separator, limits) : TextSearch.All(text, separator, limits)).Take(most);
        limits.MakeObjects(cuts.Count() + 1L);
        limits.Make(text.Length);
        var parts = new List<string>();
        var start = 0;
        foreach (var cut in fromRight ? cuts.Reverse() : cuts)
        {
            parts.Add(text[start..cut]);
            start = cut + separator.Length;
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static List<string> SplitAtSpaces(string text, int most, bool fromRight, RenderLimits limits)
    {
        limits.Make(text.Length);
        var words = new List<(int Start, int End)>();
        for (var at = 0; at < text.Length;)
        {
            while (at < text.Length && IsSpace(text[at])) at++;
            var start = at;
            while (at < text.Length && !IsSpace(text[at])) at++;
            if (at == start) continue;
            limits.MakeObjects(1);
            words.Add((start, at));
        }

        if (words.Count <= most) return [.. words.Select(word => text[word.Start..word.End])];
        if (fromRight)
        {
            var (_, headEnd) = words[words.Count - most - 1];
            return [text[..headEnd], .. words.TakeLast(most).Select(word => text[word.Start..word.End])];
        }

        return [.. words.Take(most).Select(word => text[word.Start..word.End]), text[words[most].Start..]];
    }
}
