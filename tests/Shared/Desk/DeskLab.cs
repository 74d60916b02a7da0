using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Playwright;
using R1Lab.Browser.Tests;

namespace R1Lab.Tests.Shared.Desk;

/// <summary>A lab with one open study and raters who are signed in; each rates in a browser profile of its own, through a network of its own.</summary>
internal sealed class DeskLab : IAsyncDisposable
{
    private const string Key = "r1l_key-of-the-desk-0123456789";
    private const string Admin = "ada";
    private const string Password = "correct horse 7";

    private readonly ConcurrentDictionary<string, string> _sessions = new();
    private readonly IBrowser _browser;
    private readonly LabServer _server;

    private DeskLab(IBrowser browser, LabServer server) => (_browser, _server) = (browser, server);

    public LabServer Server => _server;

    public DeskRecords Records => new(_server.DataFolder);

    public static async Task<DeskLab> StartAsync(IBrowser browser, IReadOnlyList<string> raters, int items, CancellationToken cancellation)
    {
        var settings = new Dictionary<string, string> { ["Lab__Bootstrap__ApiKey"] = Key, ["Lab__RateLimits__SignInsPerMinute"] = "1000" };
        var lab = new DeskLab(browser, await LabServer.StartAsync(settings, cancellation));
        await lab.SetUpAsync(cancellation);
        lab.Records.AddRaters(Admin, raters);
        await lab.AddStudyAsync(raters.Count, items, cancellation);
        return lab;
    }

    /// <summary>Signs raters in, before anything is broken.</summary>
    public async Task AdmitAsync(IEnumerable<string> raters)
    {
        foreach (var rater in raters) _sessions[rater] = await SignInAsync(rater);
    }

    /// <summary>A rater at a fresh page; the network is theirs to break.</summary>
    public async Task<(DeskRater Rater, IBrowserContext Context)> SeatAsync(string rater, Uri address, Random random)
    {
        if (!_sessions.ContainsKey(rater)) _sessions[rater] = await SignInAsync(rater);
        var context = await _browser.NewContextAsync(new() { BaseURL = address.ToString(), Locale = "en", StorageState = _sessions[rater] });
        return (new DeskRater(await context.NewPageAsync(), random), context);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task SetUpAsync(CancellationToken cancellation)
    {
        await using var context = await _browser.NewContextAsync(new() { Locale = "en" });
        var page = await context.NewPageAsync();
        await page.GotoAsync((await _server.SetUpLinkAsync(cancellation)).ToString());
        await page.FillAsync("[name=name]", Admin);
        await page.FillAsync("[name=password]", Password);
        await page.FillAsync("[name=repeat]", Password);
        await page.ClickAsync("main button[type=submit]");
        await page.WaitForSelectorAsync("main h1", new() { Timeout = 120_000 });
    }

    // Cookies belong to a host, not to a port, so a session made without the proxy is one behind it.
    private async Task<string> SignInAsync(string rater)
    {
        await using var context = await _browser.NewContextAsync(new() { BaseURL = _server.Address.ToString(), Locale = "en" });
        var page = await context.NewPageAsync();
        await page.GotoAsync("account/sign-in");
        await page.FillAsync("[name=name]", rater);
        await page.FillAsync("[name=password]", Password);
        await page.ClickAsync("main button[type=submit]");
        await page.WaitForSelectorAsync("main h1", new() { Timeout = 120_000 });
        return await context.StorageStateAsync();
    }

    private async Task AddStudyAsync(int raters, int items, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = _server.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var answer = await client.PostAsJsonAsync(
            "api/v1/studies",
            new
            {
                name = "desk",
                overlap = raters,
                items = Enumerable.Range(1, items).Select(item => new
                {
                    prompt = $"Question {item}",
                    responses = new[] { new { model = "model-one", text = $"First answer {item}" }, new { model = "model-two", text = $"Second answer {item}" } },
                }),
            },
            cancellation);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(cancellation));
    }
}
