using Microsoft.Playwright;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>A conversation of several turns from its file to the page and back, through a page that is loaded again half-way.</summary>
public sealed class ConversationTests
{
    private const string Row = """{"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}, {"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}], "id": 7}""";

    [Fact]
    public async Task Conversation_EditedTurnByTurn_SurvivesAReloadAndIsStored()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var file = folder.Path("turns.jsonl");
        await File.WriteAllTextAsync(file, $"{Row}\n{Row}\n", cancellation);
        await using var browser = await Browser.StartAsync();
        await using var server = await LabServer.StartAsync(cancellation);
        var (page, _) = await browser.OpenAsync(server.Address);
        var lab = new LabPage(page);
        await lab.SetUpAsync(await server.SetUpLinkAsync(cancellation), "ada", "correct horse 7");
        await lab.ImportAsync(file);
        await Pictures.TakeAsync(page, "conversations");

        await page.GetByTestId("rows").Locator(".cell-text").First.ClickAsync();
        await Assertions.Expect(page.GetByTestId("turn")).ToHaveCountAsync(5, new() { Timeout = LabPage.Patience });
        await lab.ClickAsync("turn-add");
        await lab.ClickAsync("turn-add");
        await Turn(page, 5).FillAsync("3+3?");
        await Turn(page, 6).FillAsync("<think>\n3 and 3\n</think>\n\n6");
        await page.WaitForFunctionAsync("() => Object.values(sessionStorage).some(kept => kept.includes('3 and 3'))", null, new() { Timeout = LabPage.Patience });
        await Pictures.TakeAsync(page, "conversation-row", "light");

        await page.ReloadAsync();
        await Assertions.Expect(page.GetByTestId("turn")).ToHaveCountAsync(7, new() { Timeout = LabPage.Patience });
        await Assertions.Expect(Turn(page, 6)).ToHaveValueAsync("<think>\n3 and 3\n</think>\n\n6");
        await lab.ClickAsync("row-save");
        await Assertions.Expect(page.GetByTestId("undo")).ToBeEnabledAsync(new() { Timeout = LabPage.Patience });

        await Assertions.Expect(page.GetByTestId("rows").GetByText("3+3?")).ToBeVisibleAsync(new() { Timeout = LabPage.Patience });
        var rows = (await lab.GetJsonAsync("api/v1/datasets/1/rows")).GetProperty("rows");
        Assert.Equal([7, 5], rows.EnumerateArray().Select(row => row.GetProperty("messages").GetArrayLength()));
    }

    private static ILocator Turn(IPage page, int at) => page.Locator("textarea[data-testid='turn-content'], [data-testid='turn-content'] textarea:visible").Nth(at);
}
