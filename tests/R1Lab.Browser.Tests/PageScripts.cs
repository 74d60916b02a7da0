using System.Reflection;
using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>Functions that run inside the page, from the files beside the tests.</summary>
internal static class PageScripts
{
    /// <summary>What a reader could not read whole.</summary>
    public static string TextBoxes { get; } = Read("text-boxes.js");

    /// <summary>Lists the controls.</summary>
    public static string Controls { get; } = Read("controls.js");

    /// <summary>What a reader perceives.</summary>
    public static string Perceived { get; } = Read("perceived.js");

    /// <summary>Runs one, again where the page was on its way to another document.</summary>
    public static async Task<T> RunAsync<T>(IPage page, string script, object? argument = null)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await page.WaitForLoadStateAsync(LoadState.DOMContentLoaded);
                return await page.EvaluateAsync<T>(script, argument);
            }
            catch (PlaywrightException) when (tries < 5)
            {
                await Task.Delay(200);
            }
        }
    }

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return string.Join('\n', reader.ReadToEnd().Split('\n').SkipWhile(line => line.StartsWith("//", StringComparison.Ordinal)));
    }
}
