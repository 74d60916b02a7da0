namespace R1Lab.Engine.Tokenization.Unicode;

/// <summary>Hangul syllables are composed and decomposed by arithmetic (Unicode Standard, section 3.12).</summary>
internal static class Hangul
{
    private const int Syllables = 0xAC00;
    private const int Leading = 0x1100;
    private const int Vowels = 0x1161;
    private const int Trailing = 0x11A7; // one before the first trailing consonant: 0 stands for none
    private const int LeadingCount = 19;
    private const int VowelCount = 21;
    private const int TrailingCount = 28;
    private const int SyllableCount = LeadingCount * VowelCount * TrailingCount;

    public static bool IsSyllable(int point) => point is >= Syllables and < Syllables + SyllableCount;

    /// <summary>A vowel or trailing consonant, which may join what stands before it.</summary>
    public static bool IsTrailing(int point) => point is >= Vowels and < Vowels + VowelCount or > Trailing and < Trailing + TrailingCount;

    public static void Decompose(int syllable, List<int> target)
    {
        var index = syllable - Syllables;
        target.Add(Leading + (index / (VowelCount * TrailingCount)));
        target.Add(Vowels + (index / TrailingCount % VowelCount));
        if (index % TrailingCount is > 0 and var last) target.Add(Trailing + last);
    }

    /// <summary>The syllable of a leading consonant and a vowel, or of such a syllable and a trailing consonant; null for any other pair.</summary>
    public static int? Compose(int first, int second)
    {
        if (first is >= Leading and < Leading + LeadingCount && second is >= Vowels and < Vowels + VowelCount)
            return Syllables + ((((first - Leading) * VowelCount) + second - Vowels) * TrailingCount);
        var open = IsSyllable(first) && (first - Syllables) % TrailingCount == 0;
        return open && second is > Trailing and < Trailing + TrailingCount ? first + second - Trailing : null;
    }
}
