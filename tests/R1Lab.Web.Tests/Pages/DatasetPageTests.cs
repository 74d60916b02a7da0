using AngleSharp.Dom;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Datasets;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Pages;

public sealed class DatasetPageTests : ModelPageTest
{
    [Fact]
    public async Task Page_Rows_AreShown()
    {
        var page = await OpenAsync();

        page.WaitForAssertion(() => Assert.Equal(["1+1?", "2", "2+2?", "4", "3+3?", "6"], Cells(page)), Patience);
        Assert.Contains("3 rows, prompt / response, version 1", page.Markup, StringComparison.Ordinal);
        Assert.True(page.Find("[data-testid=undo]").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Page_RowInTheAddress_IsOpened()
    {
        var dataset = await Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("sums", DatasetFormats.PromptResponse), [TestRows.Pair("1+1?", "2"), TestRows.Pair("2+2?", "4")], Cancellation);
        var row = (await Get<DatasetStore>().PageAsync(dataset.Id, 1, 1, cancellationToken: Cancellation)).Rows[0];
        Get<NavigationManager>().NavigateTo($"/datasets/{dataset.Id}?row={row.Id}");

        Show<DatasetPage>(parameters => parameters.Add(page => page.Id, dataset.Id));

        Dialogs.WaitForAssertion(() => Assert.Contains("2+2?", Dialogs.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Search_Text_KeepsTheRowsThatContainIt()
    {
        var page = await OpenAsync();
        page.WaitForElement("[data-testid=rows] tbody .cell-text", Patience);

        page.Find("[data-testid=search]").Input("2+2");

        page.WaitForAssertion(() => Assert.Equal(["2+2?", "4"], Cells(page)), Patience);
        Assert.Contains("1 rows found", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_Nothing_SaysSo()
    {
        var page = await OpenAsync();
        page.WaitForElement("[data-testid=rows] tbody .cell-text", Patience);

        page.Find("[data-testid=search]").Input("zebra");

        page.WaitForAssertion(() => Assert.Contains("No row contains “zebra”.", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Delete_SelectedRow_ComesBackByUndo()
    {
        var page = await OpenAsync();
        page.WaitForElement("[data-testid=rows] tbody .cell-text", Patience);

        page.FindAll("[data-testid=rows] tbody input[type=checkbox]")[0].Change(true);
        page.WaitForElement("[data-testid=delete-rows]", Patience).Click();
        page.WaitForAssertion(() => Assert.Equal(["2+2?", "4", "3+3?", "6"], Cells(page)), Patience);
        page.WaitForAssertion(() => Assert.False(page.Find("[data-testid=undo]").HasAttribute("disabled")), Patience);
        page.Find("[data-testid=undo]").Click();

        page.WaitForAssertion(() => Assert.Equal(["1+1?", "2", "2+2?", "4", "3+3?", "6"], Cells(page)), Patience);
    }

    [Fact]
    public async Task Edit_Row_IsStoredAsANewVersion()
    {
        var page = await OpenAsync();
        page.WaitForElement("[data-testid=rows] tbody .cell-text", Patience).Click();

        Write("two");
        Dialogs.Find("[data-testid=row-save]").Click();

        page.WaitForAssertion(() => Assert.Equal("two", Cells(page)[1]), Patience);
        Assert.Contains("version 2", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_RowThatSomebodyChangedMeanwhile_ShowsBothTextsAndSavesTheChosenOne()
    {
        var page = await WriteWhileAnotherSavesAsync();

        Dialogs.Find("[data-testid=row-save]").Click();

        Assert.Contains("theirs", Dialogs.WaitForElement("[data-testid=row-conflict]", Patience).TextContent, StringComparison.Ordinal);
        Assert.Equal("theirs", (await FirstRowAsync(page.Instance.Id)).Response());
        Assert.Equal("Save my text", Dialogs.Find("[data-testid=row-save]").TextContent.Trim());
        Dialogs.Find("[data-testid=row-save]").Click();
        page.WaitForAssertion(() => Assert.Equal("mine", Cells(page)[1]), Patience);
        Assert.Contains("version 3", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_StoredTextTaken_SavesNothing()
    {
        var page = await WriteWhileAnotherSavesAsync();
        Dialogs.Find("[data-testid=row-save]").Click();

        Dialogs.WaitForElement("[data-testid=row-take-stored]", Patience).Click();
        Dialogs.Find("[data-testid=row-save]").Click();

        Dialogs.WaitForAssertion(() => Assert.Empty(Dialogs.FindAll("[data-testid=row-save]")), Patience);
        Assert.Equal(2, (await Get<DatasetStore>().GetAsync(page.Instance.Id, Cancellation))!.Version);
    }

    [Fact]
    public async Task Edit_RowThatSomebodyDeletedMeanwhile_KeepsTheTextAndSaysSo()
    {
        var page = await OpenAsync();
        page.WaitForElement("[data-testid=rows] tbody .cell-text", Patience).Click();
        Write("mine");
        await Get<DatasetStore>().DeleteRowsAsync(Actors.Admin, page.Instance.Id, [(await FirstRowAsync(page.Instance.Id)).Id], Cancellation);

        Dialogs.Find("[data-testid=row-save]").Click();

        Dialogs.WaitForAssertion(() => Assert.Contains("The row was deleted meanwhile.", Dialogs.Markup, StringComparison.Ordinal), Patience);
        Assert.Equal(2, (await Get<DatasetStore>().GetAsync(page.Instance.Id, Cancellation))!.Version);
    }

    [Fact]
    public async Task Add_EmptyRow_IsRefusedInTheDialog()
    {
        var page = await OpenAsync();

        page.WaitForElement("[data-testid=add-row]", Patience).Click();
        Dialogs.WaitForElement("[data-testid=row-save]", Patience).Click();

        Dialogs.WaitForAssertion(() => Assert.Contains("The prompt is empty.", Dialogs.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public void Page_UnknownDataset_SaysSo()
    {
        var page = Show<DatasetPage>(p => p.Add(d => d.Id, 99));

        page.WaitForAssertion(() => Assert.Contains("There is no such dataset", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task RowTokens_Row_MarksWhatIsLearned()
    {
        await AddScriptedModelAsync();

        var tokens = Show<RowTokens>(p => p.Add(t => t.Row, ConversationRow.Of("1+2?", $"<think>\n{ScriptedModel.Thought}</think>three")));

        tokens.WaitForElement("[data-testid=token-view]", Patience);
        var trained = string.Concat(tokens.FindAll("[data-testid=token-view] .is-trained").Select(t => t.TextContent));
        var all = string.Concat(tokens.FindAll("[data-testid=token-view] .token").Select(t => t.TextContent));
        Assert.StartsWith(ScriptedModel.Thought, trained.TrimStart('↵', '\n', '<', 't', 'h', 'i', 'n', 'k', '>'), StringComparison.Ordinal);
        Assert.DoesNotContain("1+2?", trained, StringComparison.Ordinal);
        Assert.Contains("<|User|>1+2?<|Assistant|>", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("three<|User|>and 1+1?<|Assistant|>two", 1)]
    [InlineData("three", 0)]
    public async Task RowTokens_MarksOfOtherTurns_AreSaid(string response, int warnings)
    {
        await AddScriptedModelAsync();

        var tokens = Show<RowTokens>(p => p.Add(t => t.Row, ConversationRow.Of("1+2?", response)));

        tokens.WaitForElement("[data-testid=token-view]", Patience);
        Assert.Equal(warnings, tokens.FindAll("[data-trait=turn-marks]").Count);
    }

    [Fact]
    public async Task RowTokens_TokenRow_ShowsItsLabels()
    {
        await AddScriptedModelAsync();

        var tokens = Show<RowTokens>(p => p.Add(t => t.Row, new TokenRow(new TokenExample([65, 66, 67], [-100, 66, 67]))));

        tokens.WaitForElement("[data-testid=token-view]", Patience);
        Assert.Equal((3, 2), (tokens.FindAll("[data-testid=token-view] .token").Count, tokens.FindAll("[data-testid=token-view] .is-trained").Count));
    }

    [Fact]
    public void RowTokens_NoModel_SaysWhatIsMissing()
    {
        var tokens = Show<RowTokens>(p => p.Add(t => t.Row, ConversationRow.Of("a", "b")));

        tokens.WaitForAssertion(() => Assert.Contains("Register a model to see tokens.", tokens.Markup, StringComparison.Ordinal), Patience);
    }

    private async Task<IRenderedComponent<DatasetPage>> OpenAsync()
    {
        var dataset = await AddDatasetAsync();
        // Virtual rows are drawn when the page's script says what can be seen; here everything can.
        return Show<DatasetPage>(p => p.Add(d => d.Id, dataset.Id));
    }

    private async Task<IRenderedComponent<DatasetPage>> WriteWhileAnotherSavesAsync()
    {
        var page = await OpenAsync();
        page.WaitForElement("[data-testid=rows] tbody .cell-text", Patience).Click();
        Write("mine");
        var row = await FirstRowAsync(page.Instance.Id);
        await Get<DatasetStore>().UpdateRowAsync(Actors.Admin, page.Instance.Id, row.Id, TestRows.Pair("1+1?", "theirs"), null, Cancellation);
        return page;
    }

    private void Write(string response) =>
        Dialogs.WaitForElement("textarea[data-testid=row-response], [data-testid=row-response] textarea", Patience).Input(response);

    private async Task<DatasetRowEntity> FirstRowAsync(int dataset) =>
        (await Get<DatasetStore>().PageAsync(dataset, 0, 1, cancellationToken: Cancellation)).Rows[0];

    private static List<string> Cells(IRenderedComponent<DatasetPage> page) => [.. page.FindAll("[data-testid=rows] tbody .cell-text").Select(c => c.TextContent)];
}
