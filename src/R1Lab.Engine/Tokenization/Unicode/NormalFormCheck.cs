using System.Globalization;
using System.Text;

namespace R1Lab.Engine.Tokenization.Unicode;

/// <summary>
/// Ten texts whose composed form is known (Unicode's NormalizationTest.txt). A program that brings them to another form would give models
/// other tokens than they were trained on, without any other sign, so it must not start.
/// </summary>
public static class NormalFormCheck
{
    // One of every kind: a pair, a singleton, an excluded composite, reordering, blocked and skipped marks, Hangul, beyond the basic plane.
    private static readonly (string Text, string Composed)[] Vectors =
    [
        ("0065 0301", "00E9"),
        ("0041 030A", "00C5"),
        ("212B", "00C5"),
        ("0958", "0915 093C"),
        ("0044 0307 0323", "1E0C 0307"),
        ("0061 05AE 0300 0301 0062", "00E0 05AE 0301 0062"),
        ("0063 0327 0301", "1E09"),
        ("1112 1161 11AB", "D55C"),
        ("F900", "8C48"),
        ("11131 11127", "1112E"),
    ];

    /// <summary>Why this program cannot be trusted with text, as one sentence; null when all ten come out right.</summary>
    public static string? Failure() => FailureOf(text => UnicodeNormalizer.Normalize(text, NormalizationForm.FormC));

    internal static string? FailureOf(Func<string, string> compose)
    {
        foreach (var (text, composed) in Vectors)
        {
            var found = compose(Text(text));
            if (string.Equals(found, Text(composed), StringComparison.Ordinal)) continue;
            return $"the Unicode normal form C of {text} came out as {Points(found)} instead of {composed}, so tokens of models would be wrong. Install the program again.";
        }

        return null;
    }

    private static string Text(string points) => string.Concat(points.Split(' ').Select(point => char.ConvertFromUtf32(int.Parse(point, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))));

    private static string Points(string text) => string.Join(' ', text.EnumerateRunes().Select(rune => rune.Value.ToString("X4", CultureInfo.InvariantCulture)));
}
