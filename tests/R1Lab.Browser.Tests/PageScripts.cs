using System.Reflection;

namespace R1Lab.Browser.Tests;

/// <summary>Functions that run inside the page, from the files beside the tests.</summary>
internal static class PageScripts
{
    /// <summary>What a reader could not read whole.</summary>
    public static string TextBoxes { get; } = Read("text-boxes.js");

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return string.Join('\n', reader.ReadToEnd().Split('\n').SkipWhile(line => line.StartsWith("//", StringComparison.Ordinal)));
    }
}
