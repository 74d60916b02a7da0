using System.Text.RegularExpressions;

namespace R1Lab.Engine.Adapters;

/// <summary>PEFT's matching of pattern keys against module paths: the key is a regular expression for the path's end.</summary>
internal static class ModulePattern
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(250);

    public static T Find<T>(IReadOnlyDictionary<string, T> patterns, string path, T otherwise)
    {
        foreach (var (key, value) in patterns)
        {
            if (Regex.IsMatch(path, $@"^(.*\.)?({key})$", RegexOptions.None, Limit)) return value;
        }

        return otherwise;
    }

    public static bool IsValid(string key)
    {
        try
        {
            _ = Regex.IsMatch("", $@"^(.*\.)?({key})$", RegexOptions.None, Limit);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
