using AngleSharp.Dom;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Datasets;
using R1Lab.Web.Tests.Models;
using R1Lab.Web.Workbench;

namespace R1Lab.Web.Tests.Pages;

/// <summary>Conversations of several turns on the page of a dataset.</summary>
public sealed class ConversationRowTests : ModelPageTest
{
    private static readonly ConversationRow Talk = new(
        [new("system", "Be brief."), new("user", "1+1?"), new("assistant", "two"), new("user", "2+2?"), new("assistant", "four")]);

    [Fact]
    public async Task Page_Conversations_ShowTheirLastQuestionAndTheNumberOfTurns()
    {
        var page = await OpenAsync();

        page.WaitForAssertion(() => Assert.Equal(["2+2?", "four"], page.FindAll("[data-testid=rows] tbody .cell-text").Select(cell => cell.TextContent)), Patience);
        Assert.Equal("5", page.Find("[data-testid=rows] tbody .row-turns").TextContent.Trim());
    }

    [Fact]
    public async Task Edit_Turns_AddedChangedMovedAndMarked_AreStored()
    {
        var page = await EditAsync();

        await ClickAsync("[data-testid=turn-add]");
        await ClickAsync("[data-testid=turn-add]");
        await WriteAsync(5, "3+3?");
        await WriteAsync(6, "six");
        await Dialogs.InvokeAsync(() => Dialogs.FindAll("input[data-testid=turn-learned], [data-testid=turn-learned] input")[0].Change(false));
        await WriteAsync(0, "Be very brief.");
        await ClickAsync("[data-testid=row-save]");

        page.WaitForAssertion(() => Assert.Contains("version 2", page.Markup, StringComparison.Ordinal), Patience);
        var stored = (ConversationRow)StoredRows.Read(await RowAsync(page.Instance.Id));
        Assert.Equal(["Be very brief.", "1+1?", "two", "2+2?", "four", "3+3?", "six"], stored.Turns.Select(turn => turn.Content));
        Assert.Equal(["system", "user", "assistant", "user", "assistant", "user", "assistant"], stored.Turns.Select(turn => turn.Role));
        Assert.Equal([true, true, false, true, true, true, true], stored.Turns.Select(turn => turn.IsLearned));
    }

    [Fact]
    public async Task Edit_TurnsRemovedAndMoved_AreStored()
    {
        var page = await EditAsync();

        await Dialogs.InvokeAsync(() => Dialogs.FindAll("[data-testid=turn-remove]")[1].Click());
        await Dialogs.InvokeAsync(() => Dialogs.FindAll("[data-testid=turn-remove]")[1].Click());
        await ClickAsync("[aria-label='Move turn 2 up']");
        await ClickAsync("[aria-label='Move turn 1 down']");
        await ClickAsync("[data-testid=row-save]");

        page.WaitForAssertion(() => Assert.Contains("version 2", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Equal(["Be brief.", "2+2?", "four"], ((ConversationRow)StoredRows.Read(await RowAsync(page.Instance.Id))).Turns.Select(turn => turn.Content));
    }

    [Theory]
    [InlineData(0, " ", "A turn is empty.")]
    [InlineData(4, "", "A turn is empty.")]
    public async Task Save_EmptyTurn_IsRefusedInTheDialog(int turn, string text, string problem)
    {
        await EditAsync();

        await WriteAsync(turn, text);
        await ClickAsync("[data-testid=row-save]");

        Dialogs.WaitForAssertion(() => Assert.Contains(problem, Dialogs.Markup, StringComparison.Ordinal), Patience);
    }

    [Theory]
    [InlineData("[data-testid=row-tools]", "w", "Functions must be a JSON list")]
    [InlineData("[data-testid=row-tools]", "[{\"title\":\"w\"}]", "Functions must be a JSON list")]
    [InlineData("[data-testid=row-tools]", "[{\"function\":{\"name\":\"w\",\"p\":1,\"p\":2}}]", "Functions must be a JSON list")]
    public async Task Save_ToolsThatAreNone_AreRefusedInTheDialog(string field, string text, string problem)
    {
        await EditAsync();

        await Dialogs.InvokeAsync(() => Dialogs.Find($"textarea{field}, {field} textarea").Input(text));
        await ClickAsync("[data-testid=row-save]");

        Dialogs.WaitForAssertion(() => Assert.Contains(problem, Dialogs.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task RowTokens_SeveralTurns_MarkEveryAnswerOrTheLastOne()
    {
        await AddScriptedModelAsync();

        var tokens = Show<RowTokens>(p => p.Add(t => t.Row, Talk));

        tokens.WaitForElement("[data-testid=token-view]", Patience);
        Assert.NotEmpty(tokens.FindAll("[data-testid=row-train-on]"));
        var learned = tokens.FindAll("[data-testid=token-view] .is-trained").Select(piece => piece.TextContent).ToList();
        Assert.Contains("two", string.Concat(learned), StringComparison.Ordinal);
        Assert.Contains("four", string.Concat(learned), StringComparison.Ordinal);
        Assert.DoesNotContain("1+1?", string.Concat(learned), StringComparison.Ordinal);
    }

    [Fact]
    public void Draft_ConversationInADatasetOfPairs_IsEditedAsTurns()
    {
        Assert.Equal(DatasetFormats.Messages, RowDraft.Of(DatasetFormats.PromptResponse, Talk).Format);
        var pair = RowDraft.Of(DatasetFormats.PromptResponse, ConversationRow.Of("q", "a", "s"));
        Assert.Equal((DatasetFormats.PromptResponse, "s", "q", "a"), (pair.Format, pair.System, pair.Prompt, pair.Response));
        Assert.Equal(RowContent.Write(ConversationRow.Of("q", "a", "s")), RowContent.Write(pair.ToRow()));
    }

    private async Task<IRenderedComponent<DatasetPage>> OpenAsync()
    {
        var dataset = await Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("talk", DatasetFormats.Messages, "admin", "admin"), [StoredRows.New(DatasetFormats.Messages, Talk)], Cancellation);
        return Show<DatasetPage>(p => p.Add(d => d.Id, dataset.Id));
    }

    private async Task<IRenderedComponent<DatasetPage>> EditAsync()
    {
        var page = await OpenAsync();
        page.WaitForElement("[data-testid=rows] tbody .cell-text", Patience).Click();
        Dialogs.WaitForElement("[data-testid=turn]", Patience);
        return page;
    }

    private Task ClickAsync(string selector) => Dialogs.InvokeAsync(() => Dialogs.Find(selector).Click());

    private Task WriteAsync(int turn, string text) =>
        Dialogs.InvokeAsync(() => Dialogs.FindAll("textarea[data-testid=turn-content], [data-testid=turn-content] textarea")[turn].Input(text));

    private async Task<DatasetRowEntity> RowAsync(int dataset) => (await Get<DatasetStore>().PageAsync(dataset, 0, 1, cancellationToken: Cancellation)).Rows[0];
}
