using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>An administrator lists a model on another server: on a desktop and on a phone, in both languages, readable for everyone.</summary>
public sealed class RemoteEndpointTests
{
    private const string Name = "ada";
    private const string Password = "correct horse 7";

    [Fact]
    public async Task Endpoint_AddedInTheBrowser_IsCheckedAndReadable()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var browser = await Browser.StartAsync();
        await using var server = await LabServer.StartAsync([], cancellation);
        var (page, foreign) = await browser.OpenAsync(server.Address);
        var lab = new LabPage(page);
        await lab.SetUpAsync(await server.SetUpLinkAsync(cancellation), Name, Password);
        await lab.OpenAsync("system/endpoints");
        var found = await FaultsAsync(page, "none");

        await lab.ClickAsync("endpoint-add");
        foreach (var (field, value) in new[] { ("name", "r1-8b"), ("address", "http://127.0.0.1:1/openai/deployments/reasoning"), ("model", "deepseek-ai/DeepSeek-R1-0528-Qwen3-8B"), ("key", "sk-1") })
            await lab.Field("data-testid", $"endpoint-{field}").FillAsync(value);
        await lab.ClickAsync("endpoint-save");
        await page.Locator(".form-error").WaitForAsync(new() { Timeout = LabPage.Patience }); // a key over plain HTTP
        found.AddRange(await FaultsAsync(page, "dialog"));
        await lab.Field("data-testid", "endpoint-private").CheckAsync();
        await lab.ClickAsync("endpoint-save");
        await page.Locator("[data-testid=endpoint-state] .key-ending").WaitForAsync(new() { Timeout = LabPage.Patience });
        found.AddRange(await FaultsAsync(page, "list"));
        await Pictures.TakeAsync(page, "endpoints");

        found.AddRange(await OnAPhoneAsync(browser, server.Address));
        Assert.Empty(found);
        Assert.Empty(foreign);
    }

    private static async Task<List<string>> OnAPhoneAsync(Browser browser, Uri address)
    {
        var (page, _) = await browser.OpenAsync(address, "zh-CN", width: 390);
        await page.GotoAsync("account/sign-in");
        await page.FillAsync("[name=name]", Name);
        await page.FillAsync("[name=password]", Password);
        await page.ClickAsync("main button[type=submit]");
        var lab = new LabPage(page);
        await page.WaitForSelectorAsync("main h1", new() { Timeout = LabPage.Patience });
        await lab.OpenAsync("system/endpoints");
        await page.Locator("[data-testid=endpoint-state]").WaitForAsync(new() { Timeout = LabPage.Patience });
        await Pictures.TakeAsync(page, "endpoints-phone");
        var found = await FaultsAsync(page, "phone");
        await lab.ClickAsync("endpoint-change");
        await page.GetByTestId("endpoint-save").WaitForAsync(new() { Timeout = LabPage.Patience });
        await Pictures.TakeAsync(page, "endpoint-dialog-phone", "light");
        found.AddRange(await FaultsAsync(page, "phone dialog"));
        return found;
    }

    private static async Task<List<string>> FaultsAsync(IPage page, string what)
    {
        await page.WaitForTimeoutAsync(600); // what moves has arrived
        var axe = await page.RunAxe();
        return
        [
            .. axe.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{what}: {violation.Id} {node.Html}")),
            .. (await page.EvaluateAsync<string[]>(PageScripts.TextBoxes)).Select(text => $"{what}: {text}"),
        ];
    }
}
