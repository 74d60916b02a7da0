using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>A page whose circuit ended with an error says so and offers a way on.</summary>
public sealed class StoppedPageTests
{
    [Fact]
    public async Task Page_WhoseCircuitEndedWithAnError_SaysSoAndIsLoadedAgain()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var browser = await Browser.StartAsync();
        await using var server = await LabServer.StartAsync(cancellation);
        var (page, _) = await browser.OpenAsync(server.Address);
        var lab = new LabPage(page);
        await lab.SetUpAsync(await server.SetUpLinkAsync(cancellation), "ada", "correct horse 7");
        await lab.OpenAsync("datasets");
        await Assertions.Expect(page.Locator("#blazor-error-ui")).ToBeHiddenAsync();

        // Elements that the server believes to be there are gone, as after an extension of the browser: the next drawing fails.
        await page.EvaluateAsync("() => document.querySelector('#main').replaceChildren()");
        await page.Locator(".lab-drawer a[href$='runs']").ClickAsync();

        await Assertions.Expect(page.Locator("#blazor-error-ui")).ToBeVisibleAsync(new() { Timeout = LabPage.Patience });
        await Pictures.TakeAsync(page, "page-stopped", await page.EvaluateAsync<string>("document.documentElement.dataset.theme"));
        await page.Locator("#blazor-error-ui .reload").ClickAsync();
        await page.WaitForSelectorAsync("main h1", new() { Timeout = LabPage.Patience });
        await Assertions.Expect(page.Locator("#blazor-error-ui")).ToBeHiddenAsync();
    }
}
