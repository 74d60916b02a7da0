using System.Text.RegularExpressions;

namespace R1Lab.Data.Studies;

/// <summary>
/// Takes the names of a study's models out of what its raters read: a study called "base or tuned" or an answer that begins "I am base"
/// would give the models away.
/// </summary>
public sealed class BlindText
{
    public const string Mask = "•••";

    // A name may be written with other separators, or with emphasis within it.
    private const string Separators = @"[^\p{L}\p{Nd}]{0,3}";

    // Chinese runs on without spaces, so only letters of alphabets and digits join a name to its neighbours.
    private const string NotAfterWord = @"(?<![\p{L}\p{Nd}-[\p{Lo}]])";
    private const string NotBeforeWord = @"(?![\p{L}\p{Nd}-[\p{Lo}]])";

    private static readonly char[] PartMarks = [':', '/', '\\', '@', '|'];

    private readonly Regex? _headings;
    private readonly Regex? _texts;

    /// <param name="names">Names of models and runs, as they are registered.</param>
    public BlindText(IEnumerable<string> names)
    {
        var whole = names.Select(name => name.Trim()).Where(name => name.Length > 0).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var parts = whole.SelectMany(name => name.Split(PartMarks, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        _headings = Pattern(whole.Concat(parts.Where(part => part.Length > 1)));
        // "tuned" is a name in a heading and a word in an answer, so only parts that nobody writes by chance are hidden there.
        _texts = Pattern(whole.Where(name => name.Length > 2 || IsDistinctive(name)).Concat(parts.Where(IsDistinctive)));
    }

    /// <summary>What the owner of the study wrote: its name and guidelines. Parts of names such as <c>tuned</c> of <c>base:tuned</c> go too.</summary>
    public string InHeading(string text) => Hide(_headings, text);

    /// <summary>Prompts, answers and reasoning: whole names, and parts of them that are no ordinary word.</summary>
    public string InText(string text) => Hide(_texts, text);

    private static string Hide(Regex? names, string text) => names is null ? text : names.Replace(text, Mask);

    // Two letters of an alphabet are a word everywhere ("an"); two Chinese characters, or a letter with a digit, are chosen.
    private static bool IsDistinctive(string name) =>
        name.Length > 1 && name.Any(char.IsLetter) && (name.Any(letter => !char.IsLetter(letter)) || (name.Length == 2 && !name.All(char.IsAsciiLetter)));

    private static Regex? Pattern(IEnumerable<string> names)
    {
        // Longest first, or "demo" would leave "-tuned" of "demo-tuned" behind.
        var patterns = names.Distinct(StringComparer.OrdinalIgnoreCase).OrderByDescending(name => name.Length).Select(Pattern).ToList();
        return patterns.Count == 0
            ? null
            : new Regex(string.Join('|', patterns), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);
    }

    private static string Pattern(string name)
    {
        var words = Regex.Split(name, @"[^\p{L}\p{Nd}]+", RegexOptions.None, Regex.InfiniteMatchTimeout).Where(word => word.Length > 0).ToList();
        if (words.Count == 0) return Regex.Escape(name);
        return NotAfterWord + string.Join(Separators, words.Select(Regex.Escape)) + NotBeforeWord;
    }
}
