using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;

namespace R1Lab.Tests.Shared.Desk;

/// <summary>Types scores into the rating desk as a person would, remembers them, and waits for nothing but what the page shows.</summary>
internal sealed class DeskRater(IPage page, Random random)
{
    private const string Ready = "[data-rating-desk][data-ready]";
    private const string End = "[data-testid=empty-state]";

    /// <summary>Only ends what fails: an outage of a minute, a restart of the server and a busy machine together take less.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    public List<RatedForm> Typed { get; } = [];

    public IPage Page => page;

    /// <summary>Loads the desk however often the network refuses it; false when nothing is left to rate.</summary>
    public async Task<bool> OpenAsync()
    {
        for (var tried = Stopwatch.StartNew(); ;)
        {
            try
            {
                await page.GotoAsync("rate", new() { Timeout = 30_000, WaitUntil = WaitUntilState.DOMContentLoaded });
                await page.Locator($"{Ready}, {End}").First.WaitForAsync(new() { Timeout = 30_000 });
                return await page.Locator(Ready).CountAsync() > 0;
            }
            catch (Exception refused) when (refused is PlaywrightException or TimeoutException && tried.Elapsed < Longest)
            {
                await Task.Delay(500);
            }
        }
    }

    /// <summary>Scores every criterion of the question on the page by keys, with pauses of <paramref name="keyGap"/> ms, and submits.</summary>
    /// <param name="keyGap">Between two keys.</param>
    /// <param name="duringTyping">Called once, somewhere among the keys.</param>
    /// <returns>False when it was the last question.</returns>
    public async Task<bool> RateAsync(int keyGap, Action? duringTyping = null, bool withComment = true)
    {
        var desk = page.Locator(Ready);
        var assignment = await desk.GetAttributeAsync("data-assignment");
        var prompt = (await page.GetByTestId("rate-prompt").InnerTextAsync()).Trim();
        var scales = await page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('fieldset[data-criterion]')].map(scale => `${scale.dataset.slot}/${scale.dataset.criterion}`)");
        var values = scales.ToDictionary(scale => scale, _ => (int?)random.Next(0, 6));
        var keys = string.Concat(values.Values.Select(value => value!.Value.ToString(CultureInfo.InvariantCulture)));
        var at = random.Next(keys.Length);
        await TypeAsync(keys[..at], keyGap);
        duringTyping?.Invoke();
        await TypeAsync(keys[at..], keyGap);
        if (withComment) await ChangeOneByClickAsync(values);
        var comment = withComment ? $"备注 {random.Next():x}\nline two" : null;
        if (comment is not null) await page.GetByTestId("rate-comment").FillAsync(comment);
        Typed.Add(new RatedForm(prompt, values.ToDictionary(pair => pair.Key, pair => pair.Value == 0 ? null : pair.Value), comment));
        if (withComment) await page.GetByTestId("rate-submit").ClickAsync();
        else await page.Keyboard.PressAsync("Enter");
        await WaitForNextAsync(page.Locator($"{Ready}:not([data-assignment='{assignment}']), {End}").First);
        return await page.Locator(Ready).CountAsync() > 0;
    }

    private async Task WaitForNextAsync(ILocator next)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await next.WaitForAsync(new() { Timeout = 10_000 });
                return;
            }
            catch (Exception slow) when (slow is PlaywrightException or TimeoutException && waited.Elapsed < Longest)
            {
                // The browser's own error page has no way back but loading again, as a person would.
                if (page.Url.StartsWith("chrome-error:", StringComparison.Ordinal)) await OpenAsync();
            }
        }
    }

    private Task TypeAsync(string keys, int gap) => page.Keyboard.TypeAsync(keys, new() { Delay = gap });

    private async Task ChangeOneByClickAsync(Dictionary<string, int?> values)
    {
        var scale = values.Keys.ElementAt(random.Next(values.Count));
        var value = random.Next(1, 6);
        var parts = scale.Split('/');
        var point = page.Locator($"fieldset[data-slot='{parts[0]}'][data-criterion='{parts[1]}'] input[value='{value}']");
        // After an outage the page may load itself again under the click; a rater who sees the point still empty clicks again.
        for (var tried = Stopwatch.StartNew(); !await IsCheckedAsync(point) && tried.Elapsed < Longest;) await ClickOnceAsync(point);
        values[scale] = value;
    }

    private static async Task<bool> IsCheckedAsync(ILocator point)
    {
        try
        {
            return await point.IsCheckedAsync(new() { Timeout = 10_000 });
        }
        catch (Exception replaced) when (replaced is PlaywrightException or TimeoutException)
        {
            return false;
        }
    }

    private static async Task ClickOnceAsync(ILocator point)
    {
        try
        {
            await point.ClickAsync(new() { Timeout = 10_000 });
        }
        catch (Exception replaced) when (replaced is PlaywrightException or TimeoutException)
        {
            // The page was loaded again or is locked for the moment; the loop looks again.
        }
    }
}
