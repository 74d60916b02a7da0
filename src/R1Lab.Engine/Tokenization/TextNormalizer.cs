using System.Text;
using R1Lab.Engine.Tokenization.Unicode;

namespace R1Lab.Engine.Tokenization;

/// <summary>What a tokenizer does to a text before cutting it: Unicode normal forms, lower case, trimming, replacing.</summary>
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
            if (text.Length > longest) throw new BadInputException("tokenizer.json", "normalizer", "normalizer_growth", $"makes more than {MostGrowth} times as much text as there is");
        }

        return text;
    }

    private static TextNormalizer Of(JsonField field, Func<string, string>[] steps) =>
        steps.Length <= MostSteps ? new TextNormalizer(steps) : throw field.Wrong("too_many_steps", $"has more than {MostSteps} steps");

    private static IEnumerable<Func<string, string>> Steps(JsonField field)
    {
        var type = field.Required("type");
        return type.Text() switch
        {
            "Sequence" => field.Required("normalizers").Items().SelectMany(Steps),
            "NFC" => [text => UnicodeNormalizer.Normalize(text, NormalizationForm.FormC)],
            "NFD" => [text => UnicodeNormalizer.Normalize(text, NormalizationForm.FormD)],
            "NFKC" => [text => UnicodeNormalizer.Normalize(text, NormalizationForm.FormKC)],
            "NFKD" => [text => UnicodeNormalizer.Normalize(text, NormalizationForm.FormKD)],
            "Lowercase" => [text => text.ToLowerInvariant()],
            "Prepend" => [Prepend(Short(field.Required("prepend")))],
            "Replace" => [Replace(field)],
            "Strip" => [Strip(field.FlagOf("strip_left", true), field.FlagOf("strip_right", true))],
            var other => throw type.Wrong("normalizer_unsupported", $"unsupported normalizer {other}; supported: NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip, Sequence"),
        };
    }

    private static string Short(JsonField field) =>
        field.Text() is { Length: <= LongestContent } text ? text : throw field.Wrong("normalizer_content", $"has {field.Text().Length} characters; at most {LongestContent} are put into a text");

    private static Func<string, string> Prepend(string prefix) => text => text.Length == 0 ? text : prefix + text;

    private static Func<string, string> Strip(bool left, bool right) =>
        text => (left, right) switch { (true, true) => text.Trim(), (true, false) => text.TrimStart(), (false, true) => text.TrimEnd(), _ => text };

    private static Func<string, string> Replace(JsonField field)
    {
        var content = Short(field.Required("content"));
        var pattern = field.Required("pattern");
        if (pattern.Optional("String") is not { } literal) throw pattern.Wrong("normalizer_pattern", $"only a String pattern is supported here");
        var wanted = literal.Text();
        if (wanted.Length == 0) throw literal.Wrong("must_not_be_empty", $"must not be empty");
        return text => text.Replace(wanted, content, StringComparison.Ordinal);
    }
}
