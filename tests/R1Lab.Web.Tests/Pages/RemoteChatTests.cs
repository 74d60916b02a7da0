using AngleSharp.Dom;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Conversations;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Chat;
using R1Lab.Web.Components.Pages.Models;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;
using R1Lab.Web.Tests.Models;
using R1Lab.Web.Tests.Serving;

namespace R1Lab.Web.Tests.Pages;

/// <summary>Models behind endpoints in the chat, the comparison, the list of models and in code that asks models.</summary>
public sealed class RemoteChatTests : ModelPageTest
{
    private const string Thought = """data: {"model":"m-2","system_fingerprint":"fp_1","choices":[{"delta":{"reasoning_content":"hm"}}]}""" + "\n\n";
    private const string Answer = """data: {"choices":[{"delta":{"content":"three"}}]}""" + "\n\n";
    private const string End = """data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}""" + "\n\ndata: [DONE]\n\n";

    [Fact]
    public async Task Send_Question_ShowsAndKeepsTheAnswerWithWhatItsServerSays()
    {
        await using var server = await RemoteServer.StreamingAsync(Thought, Answer, End);
        await AddAsync(server);
        var page = Show<ChatPage>();

        Ask(page, "1+2?");

        var reply = page.WaitForElement("[data-testid=reply][data-state=Finished]", Patience);
        Assert.Equal("hm", reply.QuerySelector(".thought-text")!.TextContent);
        Assert.Contains("three", reply.TextContent, StringComparison.Ordinal);
        Assert.Contains("m-2; fp_1", page.Find("[data-testid=reply-reported]").TextContent, StringComparison.Ordinal);
        page.WaitForElement("[data-testid=chat-send]", Patience);
        var kept = await KeptAsync();
        Assert.Equal(("three", "hm", null, "m-2; fp_1", 7), (kept.Content, kept.Reasoning, kept.Fingerprint, kept.Reported, kept.CompletionTokens));
        Assert.Equal("1+2?", server.Requests.Single().Body!["messages"]![0]!["content"]!.GetValue<string>());
    }

    [Fact]
    public async Task Stop_InTheMiddle_KeepsWhatWasWrittenAndClosesTheConnection()
    {
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            await RemoteServer.SendAsync(context, Thought, Answer);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await AddAsync(server);
        var page = Show<ChatPage>();
        Ask(page, "1+2?");
        page.WaitForAssertion(() => Assert.Contains("three", page.Find("[data-testid=reply]").TextContent, StringComparison.Ordinal), Patience);

        await page.Find("[data-testid=chat-stop]").ClickAsync(new());

        page.WaitForElement("[data-testid=reply][data-state=Stopped]", Patience);
        page.WaitForElement("[data-testid=chat-send]", Patience);
        await server.Left.Task.WaitAsync(Patience, Cancellation);
        var kept = await KeptAsync();
        Assert.Equal(("three", "cancelled"), (kept.Content, kept.FinishReason));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(500)]
    public async Task Send_ServerRefuses_IsSaidAndTheQuestionIsKept(int status)
    {
        await using var server = await RemoteServer.RefusingAsync(status, """{"error":{"message":"not today"}}""");
        await AddAsync(server);
        var page = Show<ChatPage>();

        Ask(page, "1+2?");

        var problem = page.WaitForElement("[data-testid=error-panel]", Patience).TextContent;
        Assert.DoesNotContain(RemoteAsk.Key, problem, StringComparison.Ordinal);
        Assert.Equal("1+2?", page.Find(".chat-question").TextContent);
    }

    [Fact]
    public async Task Compare_ModelOfTheLabAndRemoteOne_AnswerSideBySide()
    {
        await using var server = await RemoteServer.StreamingAsync(Thought, Answer, End);
        await AddAsync(server);
        await AddScriptedModelAsync();
        Get<NavigationManager>().NavigateTo($"/chat/compare?models={ModelLab.Scripted},remote");
        var page = Show<ComparePage>();

        Ask(page, "1+2?");

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-testid=reply][data-state=Finished]").Count), Patience);
        var columns = page.FindAll(".compare-column");
        Assert.Contains(ScriptedModel.Answer, columns[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("three", columns[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelsPage_WithAnEndpoint_ListsItsModel()
    {
        await using var server = await RemoteServer.StreamingAsync(End);
        await AddAsync(server);

        var page = Show<ModelsPage>();

        var listed = page.WaitForElement("[data-testid=remote-models]", Patience).TextContent;
        Assert.Contains("remote", listed, StringComparison.Ordinal);
        Assert.Contains(server.Address.Authority, listed, StringComparison.Ordinal);
        Assert.DoesNotContain(RemoteAsk.Key, page.Markup, StringComparison.Ordinal);
    }

    // Clients that send more than plain turns would lose some of it on the way.
    [Fact]
    public async Task AskAsync_FinishedPrompt_IsRefused()
    {
        await using var server = await RemoteServer.StreamingAsync(End);
        await AddAsync(server);
        var ask = new ChatAsk("remote", new Engine.Generation.TextPrompt("prompt", "x")) { Settings = _ => new(), Length = AnswerLength.UpTo(1) };

        var refused = await Assert.ThrowsAsync<Engine.Generation.AskRefusedException>(() => Get<ChatService>().AskAsync(ask, Cancellation));

        Assert.Equal(("prompt", "ask_turns_only", 0), (refused.Field, refused.Fault?.Code, server.Requests.Count));
    }

    private Task AddAsync(RemoteServer server) => Get<EndpointRegistry>().AddAsync(
        Actors.Admin, new EndpointSettings { Name = "remote", Address = server.Address.AbsoluteUri, Model = "m", Key = RemoteAsk.Key, AllowsPrivate = true }, Cancellation);

    private async Task<ConversationTurn> KeptAsync()
    {
        var conversation = Assert.Single(await Get<ConversationStore>().ListAsync("admin", Cancellation));
        return (await Get<ConversationStore>().GetAsync(conversation.Id, "admin", Cancellation))!.Turns[^1];
    }

    private static void Ask<TPage>(IRenderedComponent<TPage> page, string question) where TPage : IComponent
    {
        page.WaitForElement("[data-testid=chat-input]", Patience).Input(question);
        page.Find("form.chat-input").Submit();
    }
}
