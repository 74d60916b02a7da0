using Microsoft.Playwright;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>Long forms while the page is loaded again or changes its language: nothing that was written is lost.</summary>
public sealed class FormKeeperTests
{
    [Fact]
    public async Task LongForms_LoadedAgain_BringBackWhatWasWritten()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var browser = await Browser.StartAsync();
        await using var server = await LabServer.StartAsync(cancellation);
        var (page, _) = await browser.OpenAsync(server.Address);
        var lab = new LabPage(page);
        await lab.SetUpAsync(await server.SetUpLinkAsync(cancellation), "ada", "correct horse 7");
        await lab.ImportAsync(Path.Combine(ReferenceFiles.Repository, "samples", "datasets", "two-step-problems.jsonl"));

        await EditRowAsync(lab);
        await FillStudyAsync(lab);
        await FillRunAsync(lab);
    }

    private static async Task EditRowAsync(LabPage lab)
    {
        var page = lab.Page;
        await page.GetByTestId("rows").Locator(".cell-text").First.ClickAsync();
        await lab.Field("data-testid", "row-response").FillAsync("half an answer\nwith <tags>");
        await KeptAsync(page, "half an answer");
        await page.ReloadAsync();
        var response = lab.Field("data-testid", "row-response");
        await response.WaitForAsync(new() { Timeout = LabPage.Patience });
        await Assertions.Expect(response).ToHaveValueAsync("half an answer\nwith <tags>", new() { Timeout = LabPage.Patience });
        await lab.ClickAsync("row-save");
        await Assertions.Expect(page.GetByTestId("undo")).ToBeEnabledAsync(new() { Timeout = LabPage.Patience });
        await Assertions.Expect(page.GetByTestId("rows").GetByText("half an answer")).ToBeVisibleAsync(new() { Timeout = LabPage.Patience });
    }

    private static async Task FillStudyAsync(LabPage lab)
    {
        var page = lab.Page;
        await lab.OpenAsync("studies/new");
        await lab.Field("data-testid", "study-name").FillAsync("Half a study");
        await page.GetByTestId("study-prompts").FillAsync("one?\ntwo?");
        await page.GetByTestId("study-criterion-safety").UncheckAsync();
        await page.GetByTestId("study-language").SelectOptionAsync("zh-CN");
        await KeptAsync(page, "Half a study");

        // The language switch loads the page again.
        await lab.ClickAsync("language-switch");
        await page.GetByText("简体中文", new() { Exact = true }).Last.ClickAsync(new() { Timeout = LabPage.Patience });
        await page.Locator("html[lang=zh-CN]").WaitForAsync(new() { Timeout = LabPage.Patience });

        await page.GetByTestId("form-restored").WaitForAsync(new() { Timeout = LabPage.Patience });
        await Assertions.Expect(lab.Field("data-testid", "study-name")).ToHaveValueAsync("Half a study", new() { Timeout = LabPage.Patience });
        await Assertions.Expect(page.GetByTestId("study-prompts")).ToHaveValueAsync("one?\ntwo?");
        await Assertions.Expect(page.GetByTestId("study-criterion-safety")).Not.ToBeCheckedAsync();
        await Assertions.Expect(page.GetByTestId("study-language")).ToHaveValueAsync("zh-CN");
        await Assertions.Expect(page.GetByTestId("study-amount")).ToContainTextAsync("2"); // the page itself knows the prompts, not only the field
        await lab.ClickAsync("form-discard");
        await Assertions.Expect(page.GetByTestId("study-prompts")).ToHaveValueAsync("", new() { Timeout = LabPage.Patience });
    }

    private static async Task FillRunAsync(LabPage lab)
    {
        var page = lab.Page;
        await lab.OpenAsync("runs/new");
        await lab.Field("data-field", "name").FillAsync("half a run");
        await lab.Field("data-field", "learning_rate").FillAsync("0.00123");
        await lab.Field("data-field", "learning_rate").BlurAsync();
        await KeptAsync(page, "0.00123");
        await page.ReloadAsync();
        await page.GetByTestId("form-restored").WaitForAsync(new() { Timeout = LabPage.Patience });
        await Assertions.Expect(lab.Field("data-field", "name")).ToHaveValueAsync("half a run", new() { Timeout = LabPage.Patience });
        await Assertions.Expect(lab.Field("data-field", "learning_rate")).ToHaveValueAsync("0.00123", new() { Timeout = LabPage.Patience });
    }

    // On a busy machine the form may be filled before the page has begun to keep it.
    private static Task KeptAsync(IPage page, string text) => page.WaitForFunctionAsync(
        "text => Object.values(sessionStorage).some(kept => kept.includes(text))", text, new() { Timeout = LabPage.Patience });
}
