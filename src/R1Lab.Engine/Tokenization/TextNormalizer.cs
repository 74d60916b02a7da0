using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>What a tokenizer does to a text before cutting it: Unicode normal forms, lower case, trimming, replacing. Input must be well-formed.</summary>
internal sealed class TextNormalizer
{
    private const int MostSteps = 32;

    /// <summary>What one step may put in place of a piece; published files put single characters.</summary>
    private const int LongestContent = 16;

    private const long MostGrowth = 20;
    private const int SmallText = 10_000;

    private readonly Func<string, string>[] _steps;

    private TextNormalizer(params Func<string, string>[] steps) => _steps = steps;

    public static TextNormalizer None { get; } = new();

    /// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
    /// <exception cref="BadInputException">A kind this reader does not know.</exception>
    public static TextNormalizer Read(JsonField? field) => field is not { } given ? None : Of(given, [.. Steps(given).Take(MostSteps + 1)]);

    /// <exception cref="BadInputException">The steps make far more text than there is.</exception>
    public string Apply(string text)
    {
        var longest = (text.Length * MostGrowth) + SmallText;
        foreach (var step in _steps)
        {
            text = step(text);
            if (text.Length > longest) throw new BadInputException("tokenizer.json", "normalizer", $"makes more than {MostGrowth} times as much text as there is");
        }

        return text;
    }

    private static TextNormalizer Of(JsonField field, Func<string, string>[] steps) =>
        steps.Length <= MostSteps ? new TextNormalizer(steps) : throw field.Wrong($"has more than {MostSteps} steps");

    /// <summary>
    /// A Unicode normal form of any well-formed text. <see cref="string.Normalize(NormalizationForm)"/> refuses noncharacters such as U+FFFE;
    /// they never combine with anything, so what lies between them is normalized on its own.
    /// </summary>
    public static string Normalize(string text, NormalizationForm form)
    {
        // Below U+0300 every text is in form C, below U+0080 in every form.
        var plainBelow = form == NormalizationForm.FormC ? '\u0300' : '\u0080';
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(plainBelow - 1))) return text;

        var result = new StringBuilder(text.Length);
        var start = 0;
        for (var at = 0; at < text.Length;)
        {
            var length = char.IsSurrogatePair(text, at) ? 2 : 1;
            if (IsNoncharacter(char.ConvertToUtf32(text, at)))
            {
                result.Append(text[start..at].Normalize(form)).Append(text, at, length);
                start = at + length;
            }

            at += length;
        }

        return start == 0 ? text.Normalize(form) : result.Append(text[start..].Normalize(form)).ToString();
    }

    private static bool IsNoncharacter(int codePoint) => (codePoint & 0xFFFE) == 0xFFFE || codePoint is >= 0xFDD0 and <= 0xFDEF;

    private static IEnumerable<Func<string, string>> Steps(JsonField field)
    {
        var type = field.Required("type");
        return type.Text() switch
        {
            "Sequence" => field.Required("normalizers").Items().SelectMany(Steps),
            "NFC" => [text => Normalize(text, NormalizationForm.FormC)],
            "NFD" => [text => Normalize(text, NormalizationForm.FormD)],
            "NFKC" => [text => Normalize(text, NormalizationForm.FormKC)],
            "NFKD" => [text => Normalize(text, NormalizationForm.FormKD)],
            "Lowercase" => [text => text.ToLowerInvariant()],
            "Prepend" => [Prepend(Short(field.Required("prepend")))],
            "Replace" => [Replace(field)],
            "Strip" => [Strip(field.FlagOf("strip_left", true), field.FlagOf("strip_right", true))],
            var other => throw type.Wrong($"unsupported normalizer {other}; supported: NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip, Sequence"),
        };
    }

    private static string Short(JsonField field) =>
        field.Text() is { Length: <= LongestContent } text ? text : throw field.Wrong($"has {field.Text().Length} characters; at most {LongestContent} are put into a text");

    private static Func<string, string> Prepend(string prefix) => text => text.Length == 0 ? text : prefix + text;

    private static Func<string, string> Strip(bool left, bool right) =>
        text => (left, right) switch { (true, true) => text.Trim(), (true, false) => text.TrimStart(), (false, true) => text.TrimEnd(), _ => text };

    private static Func<string, string> Replace(JsonField field)
    {
        var content = Short(field.Required("content"));
        var pattern = field.Required("pattern");
        if (pattern.Optional("String") is not { } literal) throw pattern.Wrong("only a String pattern is supported here");
        var wanted = literal.Text();
        if (wanted.Length == 0) throw literal.Wrong("must not be empty");
        return text => text.Replace(wanted, content, StringComparison.Ordinal);
    }
}
