using System.Globalization;
using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>The four kinds of characters the pre-tokenizers tell apart, by code point and not by UTF-16 unit.</summary>
internal enum RuneClass : byte { Letter, Number, Space, Other }

internal static class RuneClasses
{
    private static readonly RuneClass[] Table = [.. Enumerable.Range(0, 0x10000).Select(unit => Classify((char)unit))];

    /// <summary>The class of the character at <paramref name="index"/> and how many UTF-16 units it takes.</summary>
    public static RuneClass At(ReadOnlySpan<char> text, int index, out int length)
    {
        var unit = text[index];
        length = 1;
        if (!char.IsHighSurrogate(unit) || index + 1 >= text.Length || !char.IsLowSurrogate(text[index + 1])) return Table[unit];
        length = 2;
        return Classify(Rune.GetUnicodeCategory(new Rune(unit, text[index + 1])));
    }

    /// <summary>Where the run of one class that begins at <paramref name="index"/> ends; at most <paramref name="most"/> characters.</summary>
    public static int RunEnd(ReadOnlySpan<char> text, int index, RuneClass wanted, int most = int.MaxValue)
    {
        for (var count = 0; count < most && index < text.Length && At(text, index, out var length) == wanted; count++) index += length;
        return index;
    }

    private static RuneClass Classify(char unit) => char.IsWhiteSpace(unit) ? RuneClass.Space : Classify(char.GetUnicodeCategory(unit));

    private static RuneClass Classify(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => RuneClass.Letter,
        >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber => RuneClass.Number,
        _ => RuneClass.Other,
    };
}
