namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>
/// Finds a text in another in time proportional to both. The library compares wherever first and last letters agree, which for two long texts
/// of one letter takes the product of their lengths.
/// </summary>
internal static class TextSearch
{
    /// <summary>Up to this length the library's search is used: what it repeats at each place stays small.</summary>
    private const int LongestPlainSearch = 64;

    /// <summary>Place of the first occurrence, or -1.</summary>
    public static int First(string text, string part, RenderLimits limits) =>
        part.Length <= LongestPlainSearch
            ? text.IndexOf(part, StringComparison.Ordinal)
            : Linear(text, part, limits).DefaultIfEmpty(-1).First();

    /// <summary>Place of the last occurrence, or -1.</summary>
    public static int Last(string text, string part, RenderLimits limits) =>
        part.Length <= LongestPlainSearch
            ? text.LastIndexOf(part, StringComparison.Ordinal)
            : FromRight(text, part, limits).DefaultIfEmpty(-1).First();

    /// <summary>Places that do not overlap, from the left. The part must not be empty.</summary>
    public static IEnumerable<int> All(string text, string part, RenderLimits limits) =>
        part.Length <= LongestPlainSearch ? Plain(text, part, limits) : Linear(text, part, limits);

    /// <summary>Places that do not overlap, from the right. The part must not be empty.</summary>
    public static IEnumerable<int> FromRight(string text, string part, RenderLimits limits)
    {
        limits.Make((long)text.Length + part.Length);
        return All(Reversed(text), Reversed(part), limits).Select(place => text.Length - place - part.Length);
    }

    private static string Reversed(string text) => string.Create(text.Length, text, (units, from) =>
    {
        from.CopyTo(units);
        units.Reverse();
    });

    private static IEnumerable<int> Plain(string text, string part, RenderLimits limits)
    {
        for (var at = 0; (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
        {
            limits.Spend(1);
            yield return at;
        }
    }

    // Knuth, Morris and Pratt.
    private static IEnumerable<int> Linear(string text, string part, RenderLimits limits)
    {
        limits.Make(part.Length * 2L);
        var fallback = Fallbacks(part);
        for (int at = 0, matched = 0; at < text.Length; at++)
        {
            limits.Spend(1);
            while (matched > 0 && text[at] != part[matched]) matched = fallback[matched - 1];
            if (text[at] == part[matched]) matched++;
            if (matched < part.Length) continue;
            yield return at - part.Length + 1;
            matched = 0;
        }
    }

    // For each beginning of the part the length of its longest proper end that is also a beginning.
    private static int[] Fallbacks(string part)
    {
        var fallback = new int[part.Length];
        for (int at = 1, matched = 0; at < part.Length; at++)
        {
            while (matched > 0 && part[at] != part[matched]) matched = fallback[matched - 1];
            if (part[at] == part[matched]) matched++;
            fallback[at] = matched;
        }

        return fallback;
    }
}
