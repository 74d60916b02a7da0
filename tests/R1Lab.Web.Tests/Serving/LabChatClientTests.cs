using Microsoft.Extensions.AI;
using R1Lab.Engine.Generation;
using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Serving;

/// <summary>The lab's models behind the interface that .NET libraries know.</summary>
public sealed class LabChatClientTests(LabHost lab) : IClassFixture<LabHost>, IAsyncLifetime
{
    private IChatClient Client => lab.Get<IChatClient>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, ScriptedModel.Folder, ModelLab.Scripted, null, Cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task GetResponseAsync_Question_GivesThoughtAnswerUsageAndFingerprint()
    {
        var response = await Client.GetResponseAsync("1+2?", new ChatOptions { ModelId = ModelLab.Scripted, Temperature = 0 }, Cancellation);

        Assert.Equal((ScriptedModel.Answer, ScriptedModel.Thought), (response.Text, Thought(response)));
        Assert.Equal((ChatFinishReason.Stop, ModelLab.Scripted), (response.FinishReason, response.ModelId));
        Assert.Equal(response.Usage!.TotalTokenCount, response.Usage.InputTokenCount + response.Usage.OutputTokenCount);
        Assert.Equal(64, Assert.IsType<string>(response.AdditionalProperties![LabChatClient.Fingerprint]).Length);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_Question_ComesInPieces()
    {
        var updates = await Client.GetStreamingResponseAsync("1+2?", new ChatOptions { ModelId = ModelLab.Scripted, Temperature = 0 }, Cancellation).ToListAsync(Cancellation);

        Assert.True(updates.Count > 3);
        Assert.Equal(ScriptedModel.Answer, string.Concat(updates.Select(update => update.Text)));
    }

    [Fact]
    public async Task GetResponseAsync_ShortLimit_EndsForItsLength()
    {
        var response = await Client.GetResponseAsync("1+2?", new ChatOptions { ModelId = ModelLab.Scripted, Temperature = 0, MaxOutputTokens = 2 }, Cancellation);

        Assert.Equal((ChatFinishReason.Length, 2L), (response.FinishReason, response.Usage!.OutputTokenCount));
    }

    public static TheoryData<string, ChatOptions> Refused => new()
    {
        { "tools", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "one")] } },
        { "response_format", new ChatOptions { ResponseFormat = ChatResponseFormat.Json } },
        { "max_output_tokens", new ChatOptions { MaxOutputTokens = 0 } },
        { "top_p", new ChatOptions { TopP = 2 } },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task GetResponseAsync_WhatCannotBeHonoured_IsRefusedByName(string field, ChatOptions options)
    {
        options.ModelId = ModelLab.Scripted;

        var refused = await Assert.ThrowsAsync<AskRefusedException>(() => Client.GetResponseAsync("1+2?", options, Cancellation));

        Assert.Equal(field, refused.Field);
    }

    [Fact]
    public async Task GetResponseAsync_Picture_IsRefused()
    {
        var message = new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);

        var refused = await Assert.ThrowsAsync<AskRefusedException>(() => Client.GetResponseAsync([message], new ChatOptions { ModelId = ModelLab.Scripted }, Cancellation));

        Assert.Equal("messages", refused.Field);
    }

    private static string Thought(ChatResponse response) => string.Concat(response.Messages[0].Contents.OfType<TextReasoningContent>().Select(content => content.Text));
}
