using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>What a person does in the lab, step by step, as seen on the screen.</summary>
internal sealed partial class LabPage(IPage page)
{
    /// <summary>Milliseconds; a shared machine may be busy.</summary>
    public const float Patience = 60_000;

    public IPage Page => page;

    public async Task SetUpAsync(Uri link, string name, string password)
    {
        await page.GotoAsync(link.ToString());
        await page.FillAsync("[name=name]", name);
        await page.FillAsync("[name=password]", password);
        await page.FillAsync("[name=repeat]", password);
        await page.ClickAsync("main button[type=submit]");
        await page.WaitForSelectorAsync("main h1", new() { Timeout = Patience });
    }

    public async Task OpenAsync(string path)
    {
        await page.GotoAsync(path, new() { Timeout = Patience });
        await page.WaitForSelectorAsync("main h1", new() { Timeout = Patience });
    }

    /// <summary>The input of a field: MudBlazor puts attributes on the input itself, plain fields around it.</summary>
    public ILocator Field(string attribute, string value) => page.Locator(
        string.Join(", ", new[] { "input", "textarea" }.SelectMany(tag => new[] { $"{tag}[{attribute}='{value}']", $"[{attribute}='{value}'] {tag}" }))).First;

    public Task ClickAsync(string testId) => page.GetByTestId(testId).First.ClickAsync(new() { Timeout = Patience });

    public async Task ImportAsync(string file)
    {
        await OpenAsync("datasets");
        await ClickAsync("import-dataset");
        await page.SetInputFilesAsync("#import-file", file, new() { Timeout = Patience });
        await Assertions.Expect(page.GetByTestId("import-start")).ToBeEnabledAsync(new() { Timeout = Patience });
        await ClickAsync("import-start");
        await page.WaitForURLAsync(DatasetAddress(), new() { Timeout = Patience });
        await page.GetByTestId("rows").Locator(".cell-text").First.WaitForAsync(new() { Timeout = Patience });
    }

    public async Task EditFirstRowAsync(string response)
    {
        await page.GetByTestId("rows").Locator(".cell-text").First.ClickAsync();
        var text = Field("data-testid", "row-response");
        await text.WaitForAsync(new() { Timeout = Patience });
        await text.FillAsync(response);
        await ClickAsync("row-save");
        await Assertions.Expect(page.GetByTestId("undo")).ToBeEnabledAsync(new() { Timeout = Patience });
    }

    /// <summary>Starts the run that the form shows and waits until the server says it ended.</summary>
    public async Task<JsonElement> TrainAsync(Func<Task>? whileRunning = null)
    {
        var start = page.Locator("[data-action=start]");
        await Assertions.Expect(start).ToBeEnabledAsync(new() { Timeout = Patience });
        await start.ClickAsync();
        await page.WaitForURLAsync(RunAddress(), new() { Timeout = Patience });
        var id = int.Parse(page.Url[(page.Url.LastIndexOf('/') + 1)..]);
        if (whileRunning is not null) await whileRunning();
        return await WaitForRunAsync(id);
    }

    public async Task AskAsync(string question, int answers)
    {
        await page.GetByTestId("chat-input").FillAsync(question);
        await ClickAsync("chat-send");
        var finished = page.Locator("[data-testid=reply][data-state=Finished], [data-testid=reply][data-state=Cut]");
        await Assertions.Expect(finished).ToHaveCountAsync(answers, new() { Timeout = Patience });
    }

    /// <summary>Gives every answer of the shown task the same point on every criterion, and submits.</summary>
    public async Task RateAsync(int point)
    {
        await page.GetByTestId("rate-prompt").WaitForAsync(new() { Timeout = Patience });
        var before = await page.GetByTestId("rate-progress").InnerTextAsync();
        foreach (var radio in await page.GetByTestId($"rate-point-{point}").AllAsync()) await radio.CheckAsync(new() { Force = true });
        await ClickAsync("rate-submit");
        await page.GetByTestId("rate-undo").WaitForAsync(new() { Timeout = Patience });
        await page.WaitForFunctionAsync(
            "before => document.querySelector('[data-testid=rate-progress]')?.innerText !== before", before, new() { Timeout = Patience });
    }

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        var answer = await page.APIRequest.GetAsync(path);
        Assert.True(answer.Ok, $"{path}: {answer.Status} {await answer.TextAsync()}");
        return (await answer.JsonAsync())!.Value;
    }

    private async Task<JsonElement> WaitForRunAsync(int id)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(8); DateTime.UtcNow < deadline; await Task.Delay(1000))
        {
            var run = await GetJsonAsync($"api/v1/runs/{id}");
            if (run.GetProperty("status").GetString() is not ("queued" or "running" or "paused")) return run;
        }

        throw new TimeoutException($"Run {id} did not end in time.");
    }

    [GeneratedRegex(@"/datasets/\d+$", RegexOptions.None, 1000)]
    private static partial Regex DatasetAddress();

    [GeneratedRegex(@"/runs/\d+$", RegexOptions.None, 1000)]
    private static partial Regex RunAddress();
}
