using System.Text;

namespace R1Lab.Engine.Tokenization.Unicode;

/// <summary>
/// Unicode normal forms (UAX #15) from the program's own table. <see cref="string.Normalize(NormalizationForm)"/> asks ICU, which follows the
/// machine's version of Unicode, and where .NET runs without ICU it returns its input: a model would silently be given other tokens.
/// </summary>
internal static class UnicodeNormalizer
{
    /// <summary>Takes any text: noncharacters and unpaired surrogates stay as they are.</summary>
    public static string Normalize(string text, NormalizationForm form)
    {
        // Below U+0300 every text is in form C, below U+0080 in every form.
        var plainBelow = form == NormalizationForm.FormC ? '\u0300' : '\u0080';
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(plainBelow - 1))) return text;

        var table = UnicodeTable.Shared;
        var (copied, at, before) = (0, 0, 0);
        StringBuilder? result = null;
        while (at < text.Length)
        {
            if (!table.IsUnstable(PointAt(text, at), form))
            {
                (before, at) = (at, at + LengthAt(text, at));
                continue;
            }

            // A segment is one stable character, if there is one, and all unstable ones after it: nothing outside takes part.
            var end = at;
            while (end < text.Length && table.IsUnstable(PointAt(text, end), form)) end += LengthAt(text, end);
            result = (result ?? new StringBuilder(text.Length + 16)).Append(text, copied, before - copied);
            Append(result, Points(text, before, end, form), form);
            copied = before = at = end;
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static int LengthAt(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    private static int PointAt(string text, int at) => LengthAt(text, at) == 2 ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];

    private static List<int> Points(string text, int start, int end, NormalizationForm form)
    {
        var compatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        var points = new List<int>();
        for (var at = start; at < end; at += LengthAt(text, at))
        {
            var point = PointAt(text, at);
            if (Hangul.IsSyllable(point)) Hangul.Decompose(point, points);
            else if (UnicodeTable.Shared.Decomposition(point, compatible) is { } parts) points.AddRange(parts);
            else points.Add(point);
        }

        return points;
    }

    private static void Append(StringBuilder result, List<int> points, NormalizationForm form)
    {
        Order(points);
        if (form is NormalizationForm.FormC or NormalizationForm.FormKC) Compose(points);
        foreach (var point in points)
        {
            if (point > char.MaxValue) result.Append(char.ConvertFromUtf32(point));
            else result.Append((char)point);
        }
    }

    // Canonical order: every run of non-starters by class, equal classes as they stood. A sort, as a run may be as long as the text.
    private static void Order(List<int> points)
    {
        var table = UnicodeTable.Shared;
        for (var start = 0; start < points.Count; start++)
        {
            if (table.ClassOf(points[start]) == 0) continue;
            var end = start + 1;
            while (end < points.Count && table.ClassOf(points[end]) != 0) end++;
            if (end - start > 1)
            {
                var ordered = points.GetRange(start, end - start).OrderBy(table.ClassOf).ToArray();
                for (var i = 0; i < ordered.Length; i++) points[start + i] = ordered[i];
            }

            start = end;
        }
    }

    // Each character joins the last starter unless one of its own class, or another starter, stands between (Unicode Standard, D117).
    private static void Compose(List<int> points)
    {
        var table = UnicodeTable.Shared;
        var (starter, kept, lastClass) = (-1, 0, -1);
        foreach (var point in points.ToArray())
        {
            var combining = table.ClassOf(point);
            var adjacent = starter == kept - 1;
            if (starter >= 0 && (adjacent || (lastClass < combining && lastClass != 0)) && Composite(points[starter], point) is { } composite)
            {
                points[starter] = composite;
                continue;
            }

            if (combining == 0) starter = kept;
            lastClass = combining;
            points[kept++] = point;
        }

        points.RemoveRange(kept, points.Count - kept);

        int? Composite(int first, int second) => Hangul.Compose(first, second) ?? table.Composite(first, second);
    }
}
