using Microsoft.Playwright;
using R1Lab.Tests.Shared;
using R1Lab.Tests.Shared.Desk;

namespace R1Lab.Browser.Tests;

/// <summary>The system's own Chromium, driven by Playwright; nothing is downloaded.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    public IBrowser Chromium => _browser;

    /// <summary>Starts it; without a browser the test is skipped, or fails where CI=true.</summary>
    public static async Task<Browser> StartAsync()
    {
        var path = SystemChromium.Find();
        MachineNeeds.Demand(path is not null, "No Chromium was found: install one, or name it in R1LAB_CHROMIUM.");

        var playwright = await Playwright.CreateAsync();
        var browser = await SystemChromium.LaunchAsync(playwright, path!);
        return new Browser(playwright, browser);
    }

    /// <summary>A page of its own profile that remembers every request to another host than the lab's.</summary>
    public async Task<(IPage Page, List<string> ForeignRequests)> OpenAsync(Uri lab, string language = "en", int width = 1440, int height = 900)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = lab.ToString(),
            Locale = language,
            ViewportSize = new() { Width = width, Height = height },
        });
        var foreign = new List<string>();
        context.Request += (_, request) =>
        {
            var url = new Uri(request.Url);
            if (url.Scheme is "http" or "https" or "ws" or "wss" && url.Authority != lab.Authority) foreign.Add(request.Url);
        };
        return (await context.NewPageAsync(), foreign);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
