using Microsoft.Playwright;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>Pictures of pages for eyes: under <c>tests/.browser/pictures</c>, or where <c>R1LAB_PICTURES</c> says.</summary>
internal static class Pictures
{
    private static string Folder { get; } = Directory.CreateDirectory(
        Environment.GetEnvironmentVariable("R1LAB_PICTURES") ?? Path.Combine(ReferenceFiles.Repository, "tests", ".browser", "pictures")).FullName;

    /// <summary>The page as it stands, in one theme.</summary>
    public static async Task TakeAsync(IPage page, string name, string theme)
    {
        if (await page.EvaluateAsync<string>("document.documentElement.dataset.theme") != theme)
        {
            await page.GetByTestId("theme-switch").ClickAsync(new() { Timeout = LabPage.Patience });
            await page.WaitForFunctionAsync("theme => document.documentElement.dataset.theme === theme", theme, new() { Timeout = LabPage.Patience });
            await page.Mouse.MoveAsync(0, 0); // no tooltip in the picture
        }

        await page.WaitForTimeoutAsync(600); // transitions and charts settle
        await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}-{theme}.png") });
    }

    /// <summary>The page in both themes, light last.</summary>
    public static async Task TakeAsync(IPage page, string name)
    {
        await TakeAsync(page, name, "dark");
        await TakeAsync(page, name, "light");
    }
}
