namespace R1Lab.Web.Components.Shared;

/// <summary>
/// Lines that begin with a hundred quote or list markers: the parser opens a block for each, at every line again, before it gives up.
/// </summary>
internal static class DeepMarkers
{
    private const int MostMarkers = 60;

    public static bool In(ReadOnlySpan<char> text)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (CountAtStart(line) > MostMarkers) return true;
        }

        return false;
    }

    private static int CountAtStart(ReadOnlySpan<char> line)
    {
        var (at, count) = (0, 0);
        while (count <= MostMarkers)
        {
            while (at < line.Length && line[at] is ' ' or '\t') at++;
            var length = MarkerLength(line[at..]);
            if (length == 0) return count;
            (at, count) = (at + length, count + 1);
        }

        return count;
    }

    /// <summary>Of <c>&gt;</c>, a bullet or a number with a space behind it; 0 where the text begins.</summary>
    private static int MarkerLength(ReadOnlySpan<char> rest)
    {
        if (rest is ['>', ..]) return 1;
        if (rest is ['-' or '+' or '*', ' ' or '\t', ..]) return 2;
        var digits = rest.IndexOfAnyExceptInRange('0', '9');
        return digits is > 0 and < 10 && rest[digits..] is ['.' or ')', ' ' or '\t', ..] ? digits + 2 : 0;
    }
}
