using Microsoft.AspNetCore.Http;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Tests.Serving;

/// <summary>What is sent to an endpoint, and what is sent when it does not know a field.</summary>
public sealed class RemoteRequestTests
{
    private const string Answer = """data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}""" + "\n\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GenerateAsync_SettingsAtTheirNeutralValues_AreNotSent()
    {
        await using var server = await RemoteServer.StreamingAsync(Answer);

        await RemoteAsk.AskAsync(server);

        var (path, key, body) = Assert.Single(server.Requests);
        Assert.Equal(("/v1/chat/completions", $"Bearer {RemoteAsk.Key}"), (path, key));
        Assert.Equal("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":256}""", body!.ToJsonString());
    }

    // No limit was set: the largest number there is would be refused.
    [Fact]
    public async Task GenerateAsync_AsManyTokensAsThereIsRoomFor_SendsNoLimit()
    {
        await using var server = await RemoteServer.StreamingAsync(Answer);

        await RemoteAsk.AskAsync(server, new GenerationSettings { MaxNewTokens = AnswerLength.UpTo(int.MaxValue).Tokens });

        Assert.False(Assert.Single(server.Requests).Body!.ContainsKey("max_tokens"));
    }

    [Fact]
    public async Task GenerateAsync_ChosenSettings_AreSentByTheirPublicNames()
    {
        await using var server = await RemoteServer.StreamingAsync(Answer);

        await RemoteAsk.AskAsync(server, new GenerationSettings
        {
            Temperature = 0.5,
            TopP = 0.9,
            PresencePenalty = 0.1,
            FrequencyPenalty = 0.2,
            Seed = 7,
            Stop = ["\n"],
            TopK = 40,
            MinP = 0.05,
            RepetitionPenalty = 1.1,
            MaxNewTokens = 9,
        });

        var body = Assert.Single(server.Requests).Body!;
        foreach (var name in (string[])["model", "messages", "stream", "stream_options"]) body.Remove(name);
        Assert.Equal(
            """{"max_tokens":9,"temperature":0.5,"top_p":0.9,"presence_penalty":0.1,"frequency_penalty":0.2,"seed":7,"stop":["\n"],"top_k":40,"min_p":0.05,"repetition_penalty":1.1}""",
            body.ToJsonString());
    }

    [Fact]
    public async Task GenerateAsync_Conversation_IsSentTurnByTurnWithoutEarlierThoughts()
    {
        await using var server = await RemoteServer.StreamingAsync(Answer);
        using var http = RemoteAsk.Http();
        using var engine = RemoteAsk.Engine(server.Address, http);
        ChatMessage[] messages = [new("system", "s"), new("user", "一"), new("assistant", "b") { Reasoning = "hm" }, new("user", "c")];

        await engine.GenerateAsync(new EngineRequest(messages, [], new GenerationSettings()), Cancel).LastAsync(Cancel);

        Assert.Equal(
            ["system s", "user 一", "assistant b", "user c"],
            Assert.Single(server.Requests).Body!["messages"]!.AsArray().Select(turn => $"{turn!["role"]} {turn["content"]}" + (turn.AsObject().Count > 2 ? " and more" : "")));
    }

    public static TheoryData<string, string, string> Unknown => new()
    {
        { "stream_options", """{"error":{"message":"Unrecognized request argument supplied: stream_options"}}""", "" },
        { "stream_options", """{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]}""", "" },
        { "max_tokens", """{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens"}}""", "" },
        { "top_k", """{"error":{"message":"Unknown parameter: 'top_k'.","param":"top_k"}}""", "; not taken: top_k" },
        { "min_p", """{"detail":[{"type":"extra_forbidden","loc":["body","min_p"]}]}""", "; not taken: min_p" },
        { "repetition_penalty", "repetition_penalty: unknown field", "; not taken: repetition_penalty" },
    };

    [Theory, MemberData(nameof(Unknown))]
    public async Task GenerateAsync_FieldThatTheServerRefuses_IsLeftOutOnce(string field, string refusal, string reported)
    {
        await using var server = await RemoteServer.StartAsync((context, body) => body!.ContainsKey(field)
            ? RemoteServer.RefuseAsync(context, refusal.Contains("detail", StringComparison.Ordinal) ? 422 : 400, refusal)
            : RemoteServer.SendAsync(context, Answer));

        var heard = await RemoteAsk.AskAsync(server, new GenerationSettings { TopK = 40, MinP = 0.1, RepetitionPenalty = 1.1, MaxNewTokens = 9 });

        Assert.Equal(("a", 2, $"m; Kestrel{reported}"), (heard.Text, server.Requests.Count, heard.End!.Reported));
        var sent = server.Requests.Last().Body!;
        Assert.Equal(field == "max_tokens" ? (null, "9") : ("9", null), (sent["max_tokens"]?.ToString(), sent["max_completion_tokens"]?.ToString()));
        Assert.Equal(new[] { "top_k", "min_p", "repetition_penalty" }.Where(extra => extra != field), sent.Select(one => one.Key).Where(name => name is "top_k" or "min_p" or "repetition_penalty"));
    }

    [Fact]
    public async Task GenerateAsync_ServerRefusesForEver_IsAskedAFewTimesOnly()
    {
        await using var server = await RemoteServer.RefusingAsync(400, """{"error":"max_tokens or max_completion_tokens, top_k and stream_options: no"}""");

        Assert.Equal("endpoint_refused", (await RemoteAsk.FailAsync(server)).Fault.Code);

        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(429, "0")]
    [InlineData(503, null)]
    public async Task GenerateAsync_BusyServer_IsAskedAgain(int status, string? retryAfter)
    {
        var busy = 2;
        await using var server = await RemoteServer.StartAsync((context, _) =>
        {
            if (busy-- <= 0) return RemoteServer.SendAsync(context, Answer);
            context.Response.Headers.RetryAfter = retryAfter;
            return RemoteServer.RefuseAsync(context, status, "{}");
        });

        Assert.Equal(("a", 3), ((await RemoteAsk.AskAsync(server)).Text, server.Requests.Count));
    }

    [Fact]
    public async Task GenerateAsync_ServerAsksForALongWait_IsBusyAtOnce()
    {
        await using var server = await RemoteServer.StartAsync((context, _) =>
        {
            context.Response.Headers.RetryAfter = "3600";
            return RemoteServer.RefuseAsync(context, 429, "{}");
        });

        Assert.Equal(("endpoint_busy", 1), ((await RemoteAsk.FailAsync(server)).Fault.Code, server.Requests.Count));
    }

    [Fact]
    public async Task GenerateAsync_ServerFailsInTheMiddle_IsNotAskedAgain()
    {
        await using var server = await RemoteServer.StreamingAsync("data: " + RemoteDialectTests.Delta("Hel") + "\n\n");

        Assert.Equal(("endpoint_cut", 1), ((await RemoteAsk.FailAsync(server)).Fault.Code, server.Requests.Count));
    }
}
