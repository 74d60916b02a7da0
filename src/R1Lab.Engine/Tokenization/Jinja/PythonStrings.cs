using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Texts as Python sees them: by code point, with Python's idea of white space.</summary>
internal static class PythonStrings
{
    public static long Length(string text) => text.Length - Pairs(text);

    public static IReadOnlyList<string> Characters(string text)
    {
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
        if (Pairs(text) == 0) return text[place].ToString();
        var at = 0;
        for (; place > 0; place--) at += Width(text, at);
        return text.Substring(at, Width(text, at));
    }

    /// <summary>Order by code points; UTF-16 units would put U+E000 and up before everything beyond the BMP.</summary>
    public static int Compare(string left, string right)
    {
        var (length, at) = (Math.Min(left.Length, right.Length), 0);
        while (at < length && left[at] == right[at]) at++;
        if (at == length) return left.Length.CompareTo(right.Length);
        return char.IsSurrogate(left[at]) == char.IsSurrogate(right[at]) ? left[at].CompareTo(right[at]) : char.IsSurrogate(left[at]) ? 1 : -1;
    }

    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\u001C' and <= '\u001F';

    /// <summary>Takes characters of a set (null: white space) off the ends.</summary>
    public static string Strip(string text, string? set, bool left, bool right)
    {
        var (start, end) = (0, text.Length);
        var runes = set is null ? null : Characters(set).ToHashSet(StringComparer.Ordinal);
        while (left && start < end && Goes(text, start, Width(text, start))) start += Width(text, start);
        while (right && end > start && Goes(text, end - WidthBefore(text, end), WidthBefore(text, end))) end -= WidthBefore(text, end);
        return text[start..end];

        bool Goes(string from, int at, int width) => runes is null ? IsSpace(from[at]) : runes.Contains(from.Substring(at, width));
    }

    /// <summary>Python's split: by white space without a separator; at most so many cuts when not negative, from the left or the right.</summary>
    public static List<object?> Split(string text, string? separator, int most, bool fromRight)
    {
        if (separator is { Length: 0 }) throw new JinjaException("empty separator");
        if (most < 0) most = int.MaxValue;
        var parts = separator is null ? SplitAtSpaces(text, most, fromRight) : SplitAt(text, separator, most, fromRight);
        return [.. parts];
    }

    public static List<string> Lines(string text, bool keepEnds = false)
    {
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
        var places = old.Length == 0 ? Gaps(text) : Occurrences(text, old);
        var found = places.Take(most).ToArray();
        limits.Make(text.Length + ((long)found.Length * (1 + replacement.Length)));
        var result = new StringBuilder(text.Length);
        var done = 0;
        foreach (var place in found)
        {
            result.Append(text, done, place - done).Append(replacement);
            done = place + old.Length;
        }

        return result.Append(text, done, text.Length - done).ToString();
    }

    public static IEnumerable<int> Occurrences(string text, string part)
    {
        for (var at = 0; (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length) yield return at;
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

    private static bool IsLineBreak(char unit) => unit is '\n' or '\r' or '\v' or '\f' or (>= '\u001C' and <= '\u001E') or '\u0085' or '\u2028' or '\u2029';

    private static IEnumerable<int> Gaps(string text)
    {
        for (var at = 0; at < text.Length; at += Width(text, at)) yield return at;
        yield return text.Length;
    }

    private static List<string> SplitAt(string text, string separator, int most, bool fromRight)
    {
        if (!fromRight) return [.. text.Split(separator, most == int.MaxValue ? int.MaxValue : most + 1)];
        var parts = new List<string>();
        var end = text.Length;
        while (most-- > 0 && end >= separator.Length && text.LastIndexOf(separator, end - 1, end, StringComparison.Ordinal) is >= 0 and var at)
        {
            parts.Insert(0, text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Insert(0, text[..end]);
        return parts;
    }

    private static List<string> SplitAtSpaces(string text, int most, bool fromRight)
    {
        var words = new List<(int Start, int End)>();
        for (var at = 0; at < text.Length;)
        {
            while (at < text.Length && IsSpace(text[at])) at++;
            var start = at;
            while (at < text.Length && !IsSpace(text[at])) at++;
            if (at > start) words.Add((start, at));
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
