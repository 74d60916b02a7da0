using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Engine.Generation;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Tests.Serving;

/// <summary>Servers spell one protocol in many ways; each of these is an answer.</summary>
public sealed class RemoteDialectTests
{
    private const string Stop = """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";

    public static TheoryData<string, string, string, string> Streams => new()
    {
        { "plain", $"data: {Delta("Hel")}\n\ndata: {Delta("lo")}\n\ndata: {Stop}\n\ndata: [DONE]\n\n", "Hello", "" },
        { "no space", $"data:{Delta("Hello")}\n\ndata:{Stop}\n\ndata:[DONE]\n\n", "Hello", "" },
        { "CRLF", $"data: {Delta("Hello")}\r\n\r\ndata: {Stop}\r\n\r\ndata: [DONE]\r\n\r\n", "Hello", "" },
        { "CR", $"data: {Delta("Hello")}\r\rdata: {Stop}\r\rdata: [DONE]\r\r", "Hello", "" },
        { "comments", $": waiting\n\n:\n\ndata: {Delta("Hello")}\n\n: ping\n\ndata: {Stop}\n\n", "Hello", "" },
        { "other fields", $"event: message\nid: 7\nretry: 5\ndata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "" },
        { "byte order mark", $"\uFEFFdata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "" },
        { "no blank lines between events", $"data: {Delta("Hel")}\ndata: {Delta("lo")}\ndata: {Stop}\ndata: [DONE]\n\n", "Hello", "" },
        { "one event in two lines", """data: {"choices":[{"delta":{"content":"Hello"},""" + "\ndata: \"finish_reason\":\"stop\"}]}\n\n", "Hello", "" },
        { "empty events", $"data:\n\ndata: {Delta("Hello")}\n\nevent: ping\ndata: {{}}\n\ndata: {Stop}\n\n", "Hello", "" },
        { "no [DONE]", $"data: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "" },
        { "no blank line at the end", $"data: {Delta("Hello")}\n\ndata: {Stop}", "Hello", "" },
        { "no finish reason", $"data: {Delta("Hello")}\n\ndata: [DONE]\n\n", "Hello", "" },
        { "role, null and empty", """data: {"choices":[{"delta":{"role":"assistant","content":null}}]}""" + $"\n\ndata: {Delta("")}\n\ndata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "" },
        { "no choices", """data: {"choices":[],"prompt_filter_results":[]}""" + $"\n\ndata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "" },
        { "another index", """data: {"choices":[{"index":1,"delta":{"content":"x"}}]}""" + $"\n\ndata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "" },
        { "error is null", """data: {"error":null,"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}""" + "\n\n", "Hello", "" },
        { "reasoning_content", """data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}""" + $"\n\ndata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "hm" },
        { "reasoning", """data: {"choices":[{"delta":{"reasoning":"hm","content":""}}]}""" + $"\n\ndata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "hm" },
        { "both spellings", """data: {"choices":[{"delta":{"reasoning":"hm","reasoning_content":"hm"}}]}""" + $"\n\ndata: {Delta("Hello")}\n\ndata: {Stop}\n\n", "Hello", "hm" },
        { "parts", """data: {"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Hello"}]},"finish_reason":"stop"}]}""" + "\n\n", "Hello", "hm" },
        { "think in the text", $"data: {Delta("<think>hm</think>Hello")}\n\ndata: {Stop}\n\n", "<think>hm</think>Hello", "" },
        { "whole", """{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","reasoning_content":"hm"},"finish_reason":"stop"}]}""", "Hello", "hm" },
        { "whole behind white space", " \r\n" + """{"choices":[{"message":{"content":"Hello"}}]}""", "Hello", "" },
    };

    [Theory, MemberData(nameof(Streams))]
    public async Task GenerateAsync_AnyDialect_GivesTextAndThought(string name, string answer, string text, string thought)
    {
        await using var server = await RemoteServer.StreamingAsync(answer);

        var heard = await RemoteAsk.AskAsync(server);

        Assert.Equal((name, text, thought, FinishReason.Stop), (name, heard.Text, heard.Thought, heard.End!.Finish));
    }

    [Theory]
    [InlineData("stop", FinishReason.Stop)]
    [InlineData("eos_token", FinishReason.Stop)]
    [InlineData("stop_sequence", FinishReason.Stop)]
    [InlineData("tool_calls", FinishReason.Stop)]
    [InlineData("something new", FinishReason.Stop)]
    [InlineData("length", FinishReason.Length)]
    [InlineData("max_tokens", FinishReason.Length)]
    public async Task GenerateAsync_FinishReason_IsOneOfOurs(string word, FinishReason reason)
    {
        await using var server = await RemoteServer.StreamingAsync($"data: {Delta("a")}\n\n", $"data: {Stop.Replace("\"stop\"", $"\"{word}\"", StringComparison.Ordinal)}\n\n");

        Assert.Equal(reason, (await RemoteAsk.AskAsync(server)).End!.Finish);
    }

    [Fact]
    public async Task GenerateAsync_UsageAndNames_AreReported()
    {
        await using var server = await RemoteServer.StreamingAsync(
            """data: {"model":"m-2026","system_fingerprint":"fp_7","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":null}""" + "\n\n",
            """data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}""" + "\n\ndata: [DONE]\n\n");

        var end = (await RemoteAsk.AskAsync(server)).End!;

        Assert.Equal((5, 7, "m-2026; fp_7", null), (end.PromptTokens, end.Tokens, end.Reported, end.Result));
    }

    [Fact]
    public async Task GenerateAsync_WithoutUsageAndFingerprint_NamesTheServerAndNoCounts()
    {
        await using var server = await RemoteServer.StreamingAsync($"data: {Delta("a")}\n\ndata: {Stop}\n\n");

        var end = (await RemoteAsk.AskAsync(server)).End!;

        Assert.Equal((null, null, "m; Kestrel"), (end.PromptTokens, end.Tokens, end.Reported));
    }

    // Every byte in a packet of its own: characters of two to four bytes, line ends and names are cut everywhere.
    [Fact]
    public async Task GenerateAsync_EveryByteAlone_GivesWholeCharacters()
    {
        var bytes = Encoding.UTF8.GetBytes($"data: {Delta("aä中😀b")}\r\n\r\ndata: {Stop}\r\n\r\n");
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            foreach (var one in bytes) await RemoteServer.SendAsync(context, [one]);
        });

        Assert.Equal("aä中😀b", (await RemoteAsk.AskAsync(server)).Text);
    }

    // Whether it is silent or sends comments for ever, it is not waited for.
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task GenerateAsync_ServerKeepsAnEndedAnswerOpen_EndsSoon(bool sendsComments)
    {
        var time = new FakeTimeProvider();
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            await RemoteServer.SendAsync(context, $"data: {Delta("Hello")}\n\ndata: {Stop}\n\n");
            while (sendsComments)
            {
                await RemoteServer.SendAsync(context, ":\n\n");
                await Task.Delay(TimeSpan.FromSeconds(1), time, context.RequestAborted);
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        var heard = await time.PassTimeAsync(RemoteAsk.AskAsync(server.Address, limits: new OutboundLimits(), time: time), TimeSpan.FromSeconds(1));

        Assert.Equal(("Hello", true), (heard.Text, heard.End!.Elapsed < TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task GenerateAsync_CutBehindTheReasonForTheEnd_IsAnAnswer()
    {
        using var server = new CutServer(CutServer.Chunk($"data: {Delta("Hello")}\n\ndata: {Stop}\n\n"));

        Assert.Equal("Hello", (await RemoteAsk.AskAsync(server.Address)).Text);
    }

    internal static string Delta(string text) => $$"""{"choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":null}]}""";
}
