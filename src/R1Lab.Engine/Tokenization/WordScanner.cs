namespace R1Lab.Engine.Tokenization;

/// <summary>
/// The word patterns of GPT-2, Llama-3 and Qwen, read by code point. .NET's Regex sees UTF-16 units and so takes letters and digits beyond the
/// BMP for symbols; it is also several times slower.
/// </summary>
internal sealed class WordScanner : SplitPattern
{
    public const string Gpt2Expression = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    public const string Llama3Expression = Prefix + @"\p{N}{1,3}" + Suffix;
    public const string QwenExpression = Prefix + @"\p{N}" + Suffix;

    private const string Prefix = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Suffix = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private readonly bool _gpt2;
    private readonly int _mostDigits;

    private WordScanner(bool gpt2, int mostDigits)
    {
        _gpt2 = gpt2;
        _mostDigits = mostDigits;
    }

    public static WordScanner Gpt2 { get; } = new(gpt2: true, int.MaxValue);

    public static WordScanner Qwen { get; } = new(gpt2: false, 1);

    /// <summary>The scanner that does exactly what a regular expression of a tokenizer.json says, or null when it is none of the known ones.</summary>
    public static WordScanner? For(string expression) => expression switch
    {
        Gpt2Expression => Gpt2,
        QwenExpression => Qwen,
        Llama3Expression => new WordScanner(gpt2: false, 3),
        Prefix + @"\p{N}{1,2}" + Suffix => new WordScanner(gpt2: false, 2),
        Prefix + @"\p{N}+" + Suffix => new WordScanner(gpt2: false, int.MaxValue),
        _ => null,
    };

    public override void Find(ReadOnlySpan<char> text, List<Segment> segments, SplitDeadline deadline)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = _gpt2 ? Gpt2End(text, start) : End(text, start);
            segments.Add(new Segment(start, end, true));
            start = end;
        }
    }

    private int End(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && ContractionEnd(text, start, StringComparison.OrdinalIgnoreCase) is { } contraction) return contraction;
        var kind = RuneClasses.At(text, start, out var length);
        if (kind == RuneClass.Letter) return RuneClasses.RunEnd(text, start, RuneClass.Letter);
        if (kind == RuneClass.Number) return RuneClasses.RunEnd(text, start, RuneClass.Number, _mostDigits);

        // One symbol or space may lead a word; a line break may not.
        if (text[start] is not ('\r' or '\n') && NextIs(text, start + length, RuneClass.Letter))
        {
            return RuneClasses.RunEnd(text, start + length, RuneClass.Letter);
        }

        var symbols = text[start] == ' ' ? start + 1 : start;
        if (NextIs(text, symbols, RuneClass.Other))
        {
            var end = RuneClasses.RunEnd(text, symbols, RuneClass.Other);
            while (end < text.Length && text[end] is '\r' or '\n') end++;
            return end;
        }

        var run = RuneClasses.RunEnd(text, start, RuneClass.Space);
        var lastBreak = text[start..run].LastIndexOfAny('\r', '\n');
        return lastBreak >= 0 ? start + lastBreak + 1 : SpacesEnd(text, start, run);
    }

    private static int Gpt2End(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && ContractionEnd(text, start, StringComparison.Ordinal) is { } contraction) return contraction;
        var word = text[start] == ' ' ? start + 1 : start;
        if (word < text.Length && RuneClasses.At(text, word, out _) is var kind and not RuneClass.Space) return RuneClasses.RunEnd(text, word, kind);
        return SpacesEnd(text, start, RuneClasses.RunEnd(text, start, RuneClass.Space));
    }

    /// <summary>A run of white space leaves its last character to the word that follows.</summary>
    private static int SpacesEnd(ReadOnlySpan<char> text, int start, int run) => run < text.Length && run - start > 1 ? run - 1 : run;

    private static bool NextIs(ReadOnlySpan<char> text, int index, RuneClass kind) => index < text.Length && RuneClasses.At(text, index, out _) == kind;

    private static int? ContractionEnd(ReadOnlySpan<char> text, int start, StringComparison comparison)
    {
        var rest = text[start..];
        foreach (var contraction in Contractions)
        {
            if (rest.StartsWith(contraction, comparison)) return start + contraction.Length;
        }

        // The long s folds to s where case is ignored.
        return comparison == StringComparison.OrdinalIgnoreCase && rest.StartsWith("'\u017F", StringComparison.Ordinal) ? start + 2 : null;
    }
}
