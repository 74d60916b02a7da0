using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>Several runs at once: the queue moved by mouse and by keys, runs compared, the device board; in both languages, readable for everyone.</summary>
public sealed class QueueTests
{
    private const string Key = "r1l_key-of-the-browser-tests";
    private const string Name = "ada";
    private const string Password = "correct horse 7";

    [Fact]
    public async Task Queue_MovedByMouseAndKeys_IsTakenInThatOrder()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var browser = await Browser.StartAsync();
        await using var server = await LabServer.StartAsync(new() { ["Lab__Bootstrap__ApiKey"] = Key }, cancellation);
        using var api = new HttpClient { BaseAddress = server.Address };
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        var (page, foreign) = await browser.OpenAsync(server.Address);
        var lab = new LabPage(page);
        await lab.SetUpAsync(await server.SetUpLinkAsync(cancellation), Name, Password);
        await FillAsync(api, cancellation);

        await lab.OpenAsync("runs");
        await page.Locator(".queue-list [data-run]").Nth(2).WaitForAsync(new() { Timeout = LabPage.Patience });
        var waiting = await OrderAsync(api, cancellation);
        await page.Locator($".queue-list [data-run='{waiting[2]}']").DragToAsync(page.Locator($".queue-list [data-run='{waiting[0]}']"), new() { Timeout = LabPage.Patience });
        await Assertions.Expect(page.Locator(".queue-list [data-run]").First).ToHaveAttributeAsync("data-run", $"{waiting[2]}", new() { Timeout = LabPage.Patience });
        var dragged = await OrderAsync(api, cancellation);
        await page.Locator($"[data-run='{waiting[1]}'] [data-action=up]").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".queue-list [data-run]").Nth(1)).ToHaveAttributeAsync("data-run", $"{waiting[1]}", new() { Timeout = LabPage.Patience });
        await Assertions.Expect(page.Locator($"[data-run='{waiting[1]}'] [data-action=up]")).ToBeFocusedAsync(new() { Timeout = LabPage.Patience });
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".queue-list [data-run]").First).ToHaveAttributeAsync("data-run", $"{waiting[1]}", new() { Timeout = LabPage.Patience });
        var typed = await OrderAsync(api, cancellation);

        Assert.Equal([waiting[2], waiting[0], waiting[1]], dragged);
        Assert.Equal([waiting[1], waiting[2], waiting[0]], typed);
        await LookAsync(page, lab, "");
        var (chinese, _) = await browser.OpenAsync(server.Address, "zh-CN");
        await SignInAsync(chinese);
        await LookAsync(chinese, new LabPage(chinese), "-zh");
        Assert.Empty(foreign);
    }

    /// <summary>Two finished runs of different rates, a long one under way, three waiting.</summary>
    private static async Task FillAsync(HttpClient api, CancellationToken cancellation)
    {
        var rows = File.ReadLines(Path.Combine(ReferenceFiles.Repository, "samples", "datasets", "two-step-problems.jsonl")).Take(96);
        using var imported = await api.PostAsync("api/v1/datasets?name=demo", new StringContent(string.Join('\n', rows)), cancellation);
        Assert.True(imported.IsSuccessStatusCode);
        foreach (var (name, rate, rank) in new[] { ("slow", 1e-4, 8), ("fast", 2e-3, 16) }) await FinishedAsync(api, await StartAsync(api, name, 40, rate, rank, cancellation), cancellation);
        foreach (var name in new[] { "long", "first", "second", "third" }) await StartAsync(api, name, 20_000, 1e-4, 8, cancellation);
    }

    private static async Task<int> StartAsync(HttpClient api, string name, int steps, double rate, int rank, CancellationToken cancellation)
    {
        using var answer = await api.PostAsJsonAsync("api/v1/runs", new
        {
            name,
            model = "r1lab-demo-qwen3-3m",
            dataset = "demo",
            max_steps = steps,
            learning_rate = rate,
            logging_steps = 1,
            per_device_train_batch_size = 4,
            max_length = 256,
            val_size = 0.1,
            eval_steps = 10,
            lora = new { r = rank, lora_alpha = 2 * rank },
        }, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetInt32();
    }

    private static async Task FinishedAsync(HttpClient api, int run, CancellationToken cancellation)
    {
        while ((await api.GetFromJsonAsync<JsonElement>($"api/v1/runs/{run}", cancellation)).GetProperty("status").GetString() is "queued" or "running")
            await Task.Delay(200, cancellation);
    }

    private static async Task<List<int>> OrderAsync(HttpClient api, CancellationToken cancellation) =>
        [.. (await api.GetFromJsonAsync<JsonElement>("api/v1/runs/queue", cancellation)).GetProperty("waiting").EnumerateArray().Select(run => run.GetProperty("id").GetInt32())];

    private static async Task SignInAsync(IPage page)
    {
        await page.GotoAsync("account/sign-in");
        await page.FillAsync("[name=name]", Name);
        await page.FillAsync("[name=password]", Password);
        await page.ClickAsync("main button[type=submit]");
        await page.WaitForSelectorAsync("main h1", new() { Timeout = LabPage.Patience });
    }

    /// <summary>Pictures in both themes; what a checker of accessibility finds grave fails the test.</summary>
    private static async Task LookAsync(IPage page, LabPage lab, string suffix)
    {
        var found = new List<string>();
        foreach (var (path, name, ready) in new[]
        {
            ("runs", "queue", ".queue-list [data-run]"), ("compare?runs=1,2,3", "compare-runs", ".js-plotly-plot .trace"), ("system/device", "device", "[data-testid=device-holder], [data-testid=device-free]"),
        })
        {
            await lab.OpenAsync(path);
            await page.Locator(ready).First.WaitForAsync(new() { Timeout = LabPage.Patience, State = WaitForSelectorState.Attached });
            foreach (var theme in new[] { "dark", "light" })
            {
                await Pictures.TakeAsync(page, name + suffix, theme);
                if (name == "compare-runs") await TakeTablesAsync(page, name + "-tables" + suffix, theme);
                var checkedPage = await page.RunAxe();
                found.AddRange(checkedPage.Violations.Where(violation => violation.Impact is "serious" or "critical")
                    .Select(violation => $"{name}{suffix} {theme}: {violation.Id}: {string.Join(" | ", violation.Nodes.Select(node => node.Html))}"));
            }
        }

        Assert.Empty(found);
    }

    private static async Task TakeTablesAsync(IPage page, string name, string theme)
    {
        await page.Locator("#compare-settings").ScrollIntoViewIfNeededAsync();
        await Pictures.TakeAsync(page, name, theme);
        await page.Locator("h1").ScrollIntoViewIfNeededAsync();
    }
}
