using System.Text.RegularExpressions;

namespace R1Lab.Data.Studies;

/// <summary>Takes model names out of what raters read: a study called "base against tuned" would give its answers away.</summary>
public static class BlindText
{
    public const string Mask = "•••";

    /// <summary>Every whole occurrence of a name becomes dots, longest names first; upper and lower case count as one.</summary>
    public static string Hide(string text, IEnumerable<string> modelNames)
    {
        foreach (var name in modelNames.Where(name => name.Length > 0).OrderByDescending(name => name.Length))
        {
            // Chinese runs on without spaces, so only Latin letters and digits join a name to its neighbours.
            var pattern = $"(?<![A-Za-z0-9]){Regex.Escape(name)}(?![A-Za-z0-9])";
            text = Regex.Replace(text, pattern, Mask, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }

        return text;
    }
}
