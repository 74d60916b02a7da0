using AngleSharp.Dom;
using R1Lab.Data.Conversations;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Chat;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Pages;

public sealed class ChatPageTests : ModelPageTest
{
    [Fact]
    public async Task Send_Question_ShowsTheAnswerWithItsThoughtFolded()
    {
        await AddScriptedModelAsync();
        var page = Show<ChatPage>();

        Ask(page, "1+2?");

        page.WaitForElement("[data-testid=reply][data-state=Finished]", Patience);
        var thought = page.Find("details.thought");
        Assert.Equal(ScriptedModel.Thought, thought.QuerySelector(".thought-text")!.TextContent);
        Assert.False(thought.HasAttribute("open"));
        Assert.Contains(ScriptedModel.Answer, page.Find("[data-testid=reply]").TextContent, StringComparison.Ordinal);
        Assert.Equal("1+2?", page.Find(".chat-question").TextContent);
    }

    [Fact]
    public async Task Send_Question_IsKeptWithAnswerThoughtAndSettings()
    {
        await AddScriptedModelAsync();
        var page = Show<ChatPage>();

        Ask(page, "1+2?");
        page.WaitForElement("[data-testid=reply][data-state=Finished]", Patience);
        page.WaitForElement("[data-testid=chat-send]", Patience);

        var kept = Assert.Single(await Get<ConversationStore>().ListAsync("admin", Cancellation));
        var turns = (await Get<ConversationStore>().GetAsync(kept.Id, "admin", Cancellation))!.Turns;
        Assert.Equal(["user|1+2?|", $"assistant|{ScriptedModel.Answer}|{ScriptedModel.Thought}"], turns.Select(t => $"{t.Role}|{t.Content}|{t.Reasoning}"));
        Assert.Equal((ModelLab.Scripted, "stop", 64), (turns[1].ModelName, turns[1].FinishReason, turns[1].Fingerprint!.Length));
    }

    [Fact]
    public async Task Open_OldConversation_ShowsItsTurns()
    {
        var conversation = await Get<ConversationStore>().CreateAsync(Actors.Admin, "old one", cancellationToken: Cancellation);
        await Get<ConversationStore>().AppendAsync(Actors.Admin, conversation.Id, [new() { Role = "user", Content = "what?" }, new() { Role = "assistant", Content = "that", Reasoning = "hm", FinishReason = "length" }], Cancellation);

        var page = Show<ChatPage>(p => p.Add(c => c.ConversationId, conversation.Id));

        Assert.Equal("Cut", page.WaitForElement("[data-testid=reply]", Patience).GetAttribute("data-state"));
        Assert.Equal("what?", page.Find(".chat-question").TextContent);
        Assert.Contains("old one", page.Find("nav").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_WhileTheDeviceIsTaken_EndsTheAnswer()
    {
        await AddScriptedModelAsync();
        using var loan = await Get<DeviceLease>().AcquireAsync("somebody", "training", Cancellation);
        var page = Show<ChatPage>();
        Ask(page, "1+2?");

        page.WaitForElement("[data-testid=chat-stop]", Patience).Click();

        page.WaitForElement("[data-testid=reply][data-state=Stopped]", Patience);
        page.WaitForElement("[data-testid=chat-send]", Patience);
    }

    [Fact]
    public async Task OpenAnother_WhileTheFirstAnswers_TheAnswerIsStoredWhereItWasAsked()
    {
        using var loan = await Get<DeviceLease>().AcquireAsync("somebody", "training", Cancellation);
        var (page, asked, other) = await LeaveWhileAnsweringAsync();
        Assert.Empty(page.FindAll("[data-testid=chat-stop]"));
        loan.Dispose();

        await UntilAsync(async () => (await TurnsAsync(asked)).Count == 2);
        Assert.Equal(ScriptedModel.Answer, (await TurnsAsync(asked))[1].Content);
        Assert.Empty(await TurnsAsync(other));
        page.Render(p => p.Add(c => c.ConversationId, asked));
        page.WaitForElement("[data-testid=reply][data-state=Finished]", Patience);
    }

    [Fact]
    public async Task OpenAgain_WhileItStillAnswers_ShowsTheAnswerAsItGrows()
    {
        using var loan = await Get<DeviceLease>().AcquireAsync("somebody", "training", Cancellation);
        var (page, asked, _) = await LeaveWhileAnsweringAsync();

        page.Render(p => p.Add(c => c.ConversationId, asked));

        page.WaitForElement("[data-testid=chat-stop]", Patience).Click();
        page.WaitForElement("[data-testid=reply][data-state=Stopped]", Patience);
    }

    [Fact]
    public async Task Delete_WhileItAnswers_StopsAndDropsTheAnswer()
    {
        await AddScriptedModelAsync();
        using var loan = await Get<DeviceLease>().AcquireAsync("somebody", "training", Cancellation);
        var page = Show<ChatPage>();
        Ask(page, "1+2?");
        page.WaitForElement("[data-testid=chat-stop]", Patience);

        page.WaitForElement(".conversation-list li button", Patience).Click();

        page.WaitForElement("[data-testid=chat-send]", Patience);
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".chat-question")), Patience);
        Assert.Empty(await Get<ConversationStore>().ListAsync("admin", Cancellation));
        Assert.Empty(page.FindAll("[data-testid=error-panel]"));
    }

    [Fact]
    public async Task Delete_InAnotherTabWhileItAnswers_IsSaid()
    {
        await AddScriptedModelAsync();
        var loan = await Get<DeviceLease>().AcquireAsync("somebody", "training", Cancellation);
        var page = Show<ChatPage>();
        Ask(page, "1+2?");
        page.WaitForElement("[data-testid=chat-stop]", Patience);
        await Get<ConversationStore>().DeleteAsync(Actors.Admin, Assert.Single(await Get<ConversationStore>().ListAsync("admin", Cancellation)).Id, Cancellation);

        loan.Dispose();

        page.WaitForElement("[data-testid=error-panel]", Patience);
        Assert.Contains(ScriptedModel.Answer, page.Find("[data-testid=reply]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_ModelWithoutTokenizer_KeepsTheQuestionAndSaysWhy()
    {
        await Get<ModelLibrary>().RegisterAsync(Actors.Lab, ModelLab.GoldenModel("llama_base"), null, null, Cancellation);
        var page = Show<ChatPage>();

        Ask(page, "1+2?");

        var error = page.WaitForElement("[data-testid=error-panel]", Patience);
        Assert.Contains("Your question is kept.", error.TextContent, StringComparison.Ordinal);
        Assert.Equal("1+2?", page.Find(".chat-question").TextContent);
    }

    [Fact]
    public async Task Compare_TwoModels_AnswerSideBySide()
    {
        await AddScriptedModelAsync();
        await Get<ModelLibrary>().RegisterAsync(Actors.Lab, ModelLab.GoldenModel("llama_base"), null, null, Cancellation);
        Get<Microsoft.AspNetCore.Components.NavigationManager>().NavigateTo($"/chat/compare?models={ModelLab.Scripted},llama_base");
        var page = Show<ComparePage>();

        Ask(page, "1+2?");

        page.WaitForElement("[data-testid=reply][data-state=Finished]", Patience);
        page.WaitForElement("[data-testid=error-panel]", Patience);
        var columns = page.FindAll(".compare-column");
        Assert.Equal(2, columns.Count);
        Assert.Contains(ScriptedModel.Answer, columns[0].TextContent, StringComparison.Ordinal);
        Assert.NotNull(columns[1].QuerySelector("[data-testid=error-panel]"));
    }

    [Fact]
    public void Compare_AddColumn_GrowsToSix()
    {
        var page = Show<ComparePage>();

        for (var i = 0; i < 4; i++) page.WaitForElement("[data-testid=compare-add]", Patience).Click();

        Assert.Equal(6, page.FindAll(".compare-column").Count);
        Assert.True(page.Find("[data-testid=compare-add]").HasAttribute("disabled"));
    }

    /// <summary>Asks in a new conversation and opens another one before the answer; says the ids of both.</summary>
    private async Task<(IRenderedComponent<ChatPage> Page, int Asked, int Other)> LeaveWhileAnsweringAsync()
    {
        await AddScriptedModelAsync();
        var other = await Get<ConversationStore>().CreateAsync(Actors.Admin, "other", cancellationToken: Cancellation);
        var page = Show<ChatPage>();
        Ask(page, "1+2?");
        page.WaitForElement("[data-testid=chat-stop]", Patience);
        var asked = (await Get<ConversationStore>().ListAsync("admin", Cancellation)).Single(one => one.Id != other.Id);
        page.Render(p => p.Add(c => c.ConversationId, other.Id));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".chat-question")), Patience);
        return (page, asked.Id, other.Id);
    }

    private async Task<IReadOnlyList<ConversationTurn>> TurnsAsync(int id) => [.. (await Get<ConversationStore>().GetAsync(id, "admin", Cancellation))!.Turns];

    private static async Task UntilAsync(Func<Task<bool>> reached)
    {
        var end = DateTime.UtcNow + Patience;
        while (!await reached())
        {
            Assert.True(DateTime.UtcNow < end);
            await Task.Delay(20, Cancellation);
        }
    }

    private static void Ask<TPage>(IRenderedComponent<TPage> page, string question) where TPage : Microsoft.AspNetCore.Components.IComponent
    {
        page.WaitForElement("[data-testid=chat-input]", Patience).Input(question);
        page.Find("form.chat-input").Submit();
    }
}

public sealed class ChatPageChineseTests() : ModelPageTest("zh-CN")
{
    [Fact]
    public async Task Chat_InChinese_SpeaksChineseWhileTheAnswerGrows()
    {
        await AddScriptedModelAsync();
        var page = Show<ChatPage>();

        page.WaitForElement("[data-testid=chat-input]", Patience).Input("一加二？");
        page.Find("form.chat-input").Submit();

        page.WaitForElement("[data-testid=reply][data-state=Finished]", Patience);
        Assert.StartsWith("思考", page.Find("details.thought summary").TextContent.Trim(), StringComparison.Ordinal);
        Assert.Contains("个词元", page.Find("[data-testid=reply] footer").TextContent, StringComparison.Ordinal);
    }
}
