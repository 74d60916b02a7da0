using System.Globalization;
using System.Text;

namespace R1Lab.Web.Uploads;

/// <summary>
/// Names of files as other machines may safely keep them: no path, no control or direction-changing characters, nothing that a shell or
/// Windows reads as more than a name, and short enough for every file system. Letters of all scripts stay.
/// </summary>
public static class DownloadName
{
    private const string Unnamed = "download";
    private const string Reserved = "<>:\"/\\|?*;%";
    private const int MostBytes = 180; // file systems take 255; ".jsonl" and a browser's " (2)" still fit

    private static readonly HashSet<string> Devices = new(
        ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(0, 10).SelectMany(n => new[] { $"COM{n}", $"LPT{n}" })], StringComparer.OrdinalIgnoreCase);

    /// <summary>A file name made of what people called a thing. The header carries it in ASCII and, where it has other letters, as RFC 5987 asks.</summary>
    public static string Of(string name, string extension) => Stem(name) + extension;

    /// <summary>The name of a file that somebody sends, without its path.</summary>
    public static string Clean(string fileName)
    {
        var last = fileName[(fileName.LastIndexOfAny(['/', '\\']) + 1)..];
        var extension = Path.GetExtension(last);
        return extension.Length is > 1 and < 16 && extension.Skip(1).All(char.IsAsciiLetterOrDigit)
            ? Of(Path.GetFileNameWithoutExtension(last), extension)
            : Stem(last);
    }

    private static string Stem(string name)
    {
        var text = new StringBuilder();
        var bytes = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            var safe = IsSafe(rune) ? rune : new Rune('_');
            if ((bytes += safe.Utf8SequenceLength) > MostBytes) break;
            text.Append(safe);
        }

        // A leading dot hides a file, a leading dash looks like an option, and Windows drops dots and spaces at the end.
        var stem = text.ToString().TrimStart('.', '-', ' ').TrimEnd('.', ' ');
        if (stem.Trim('_').Length == 0) return Unnamed;
        return Devices.Contains(stem.Split('.')[0].TrimEnd()) ? "_" + stem : stem;
    }

    private static bool IsSafe(Rune rune) => rune != Rune.ReplacementChar && !Reserved.Contains(rune.ToString(), StringComparison.Ordinal)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
