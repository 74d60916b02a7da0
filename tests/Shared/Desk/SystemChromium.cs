using Microsoft.Playwright;

namespace R1Lab.Tests.Shared.Desk;

/// <summary>The Chromium of this machine; nothing is downloaded.</summary>
internal static class SystemChromium
{
    public static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("R1LAB_CHROMIUM");
        string[] candidates = [named ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable", "/usr/bin/google-chrome"];
        return Array.Find(candidates, File.Exists);
    }

    public static Task<IBrowser> LaunchAsync(IPlaywright playwright, string path) => playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = path,
        Args = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--force-color-profile=srgb"],
    });
}
