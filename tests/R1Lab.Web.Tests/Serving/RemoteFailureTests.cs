using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Engine.Generation;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Serving;

/// <summary>What goes wrong at an endpoint is an error with a code, never a finished answer, and never shows the key.</summary>
public sealed class RemoteFailureTests
{
    private static readonly string Hello = $"data: {RemoteDialectTests.Delta("Hello")}\n\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int, string, string, string?> Refusals => new()
    {
        { 400, """{"error":{"message":"too long","type":"invalid_request_error","code":null}}""", "endpoint_refused", "too long" },
        { 400, """{"object":"error","message":"too long","code":40001}""", "endpoint_refused", "too long" },
        { 400, """{"error":"too long","error_type":"validation"}""", "endpoint_refused", "too long" },
        { 422, """{"detail":[{"loc":["body","messages"],"msg":"Field required"}]}""", "endpoint_refused", "Field required" },
        { 422, """{"detail":"too long"}""", "endpoint_refused", "too long" },
        { 400, """{"errors":[{"message":"too long"}]}""", "endpoint_refused", "too long" },
        { 400, "too long", "endpoint_refused", "too long" },
        { 400, "", "endpoint_refused", "…" },
        { 400, "<html><body>Bad Request</body></html>", "endpoint_refused", "…" },
        { 401, """{"error":{"message":"Incorrect API key provided: """ + RemoteAsk.Key + "." + "\"}}", "endpoint_key_refused", "Incorrect API key provided: …." },
        { 403, "{}", "endpoint_key_refused", "…" },
        { 404, """{"error":{"message":"The model m does not exist."}}""", "endpoint_not_found", "The model m does not exist." },
        { 429, """{"error":{"message":"Rate limit"}}""", "endpoint_busy", "Rate limit" },
        { 503, """{"error":{"message":"Loading model"}}""", "endpoint_busy", "Loading model" },
        { 500, """{"error":{"message":"CUDA out of memory"}}""", "endpoint_failed", "CUDA out of memory" },
        { 502, "line\r\none\u0007", "endpoint_failed", "line  one" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task GenerateAsync_Refused_SaysWhyInTheServersWords(int status, string body, string code, string? said)
    {
        await using var server = await RemoteServer.RefusingAsync(status, body);

        var (fault, heard) = await RemoteAsk.FailAsync(server);

        Assert.Equal((code, said, null), (fault.Code, fault.Arguments[^1], heard.End));
    }

    [Theory]
    [InlineData("")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"cont")]
    [InlineData(": waiting\n\n")]
    public async Task GenerateAsync_StreamEndsInTheMiddle_IsNoAnswer(string rest)
    {
        await using var server = await RemoteServer.StreamingAsync(Hello, rest);

        var (fault, heard) = await RemoteAsk.FailAsync(server);

        Assert.Equal((true, "Hello", null), (fault.Code is "endpoint_cut" or "endpoint_broken_event", heard.Text, heard.End));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("chunk", "Hello")]
    [InlineData("half a chunk", "")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-", "")]
    public async Task GenerateAsync_ConnectionCut_IsNoAnswer(string sent, string text)
    {
        using var server = new CutServer(sent switch { "chunk" => CutServer.Chunk(Hello), "half a chunk" => CutServer.Chunk(Hello)[..^20], _ => sent });

        var (fault, heard) = await RemoteAsk.FailAsync(server.Address);

        Assert.Equal(("endpoint_cut", text), (fault.Code, heard.Text));
    }

    [Theory]
    [InlineData("""{"error":{"message":"KV cache is full","code":500}}""")]
    [InlineData("""{"error":"KV cache is full","error_type":"generation"}""")]
    [InlineData("""{"object":"error","message":"KV cache is full"}""")]
    [InlineData("""{"error":{"code":502,"message":"KV cache is full"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}""")]
    public async Task GenerateAsync_ErrorInTheStream_IsSaid(string error)
    {
        await using var server = await RemoteServer.StreamingAsync(Hello, $"data: {error}\n\ndata: [DONE]\n\n");

        var (fault, heard) = await RemoteAsk.FailAsync(server);

        Assert.Equal(("endpoint_reports", "KV cache is full", "Hello"), (fault.Code, fault.Arguments[0], heard.Text));
    }

    [Theory]
    [InlineData("out of memory")]
    [InlineData("\"out of memory\"")]
    [InlineData("""{"message":"out of memory"}""")]
    public async Task GenerateAsync_EventNamedError_IsSaid(string data)
    {
        await using var server = await RemoteServer.StreamingAsync(Hello, $"event: error\ndata: {data}\n\n");

        var (fault, heard) = await RemoteAsk.FailAsync(server);

        Assert.Equal(("endpoint_reports", "out of memory", "Hello"), (fault.Code, fault.Arguments[0], heard.Text));
    }

    [Theory]
    [InlineData("", "endpoint_empty")]
    [InlineData("<!doctype html><title>Sign in</title>", "endpoint_web_page")]
    [InlineData("{}", "endpoint_not_chat")]
    [InlineData("""{"choices":[{"message":{"content":"Hel""", "endpoint_cut")]
    [InlineData("hello", "endpoint_not_chat")]
    [InlineData("data: hello\n\n", "endpoint_broken_event")]
    [InlineData("data: [1]\n\n", "endpoint_broken_event")]
    [InlineData("""data: {"choices":[{"delta":{"content":"a"},"finish_reason":"content_filter"}]}""" + "\n\n", "endpoint_filtered")]
    [InlineData("""data: {"choices":[{"delta":{"content":"a"},"finish_reason":"abort"}]}""" + "\n\n", "endpoint_gave_up")]
    public async Task GenerateAsync_NoChatCompletion_IsSaid(string answer, string code)
    {
        await using var server = await RemoteServer.StreamingAsync(answer);

        Assert.Equal(code, (await RemoteAsk.FailAsync(server)).Fault.Code);
    }

    [Fact]
    public async Task GenerateAsync_OverAndOver_EndsAtTheLimitOfBytes()
    {
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            while (!context.RequestAborted.IsCancellationRequested) await RemoteServer.SendAsync(context, Hello);
        });

        Assert.Equal("endpoint_answer_too_large", (await RemoteAsk.FailAsync(server, RemoteAsk.Quick with { Bytes = 1 << 16 })).Fault.Code);
    }

    [Theory]
    [InlineData("data: ", "xxxxxxxxxxxxxxxx")] // one line without an end
    [InlineData("", "data: xxxxxxxx\n")] // one event of many lines
    [InlineData("", "data: xxxxxxxx\r\n")]
    [InlineData("", "data: xxxxxxxx\r")]
    public async Task GenerateAsync_EventWithoutEnd_IsCutAtTheLimit(string first, string more)
    {
        var block = string.Concat(Enumerable.Repeat(more, 4096));
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            await RemoteServer.SendAsync(context, first);
            while (!context.RequestAborted.IsCancellationRequested) await RemoteServer.SendAsync(context, block);
        });

        Assert.Equal("endpoint_event_too_large", (await RemoteAsk.FailAsync(server)).Fault.Code);
    }

    [Fact]
    public async Task GenerateAsync_Silence_EndsAfterItsLimit()
    {
        var time = new FakeTimeProvider();
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            await RemoteServer.SendAsync(context, Hello);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        var (fault, heard) = await time.PassTimeAsync(RemoteAsk.FailAsync(server, new OutboundLimits(), time), TimeSpan.FromSeconds(30));

        Assert.Equal(("endpoint_silent", "Hello"), (fault.Code, heard.Text));
    }

    [Fact]
    public async Task GenerateAsync_OneByteAfterTheOther_EndsAfterTheWholeTime()
    {
        var time = new FakeTimeProvider();
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await RemoteServer.SendAsync(context, ":");
                await Task.Delay(TimeSpan.FromMinutes(1), time, context.RequestAborted);
            }
        });

        Assert.Equal("endpoint_too_slow", (await time.PassTimeAsync(RemoteAsk.FailAsync(server, new OutboundLimits(), time), TimeSpan.FromMinutes(1))).Fault.Code);
    }

    [Fact]
    public async Task GenerateAsync_NoAnswerAtAll_EndsAfterItsLimit()
    {
        var time = new FakeTimeProvider();
        await using var server = await RemoteServer.StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));

        Assert.Equal("endpoint_no_answer", (await time.PassTimeAsync(RemoteAsk.FailAsync(server, new OutboundLimits(), time), TimeSpan.FromMinutes(1))).Fault.Code);
    }

    [Fact]
    public async Task GenerateAsync_CallerLeaves_ClosesTheConnectionAndGivesThePlaceBack()
    {
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            await RemoteServer.SendAsync(context, Hello);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var http = RemoteAsk.Http();
        var gate = new EndpointGate(1, 4);
        using var engine = RemoteAsk.Engine(server.Address, http, gate);
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var step in engine.GenerateAsync(RemoteAsk.Request(), leaves.Token)) await leaves.CancelAsync();
        });

        await server.Left.Task.WaitAsync(Cancel);
        using var next = Assert.Single(gate.TryReserve(1)!);
        await next.EnterAsync(Cancel);
        Assert.Equal(0, gate.Waiting);
    }

    [Fact]
    public async Task GenerateAsync_ReaderStopsEarly_ClosesTheConnection()
    {
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            await RemoteServer.SendAsync(context, Hello);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var http = RemoteAsk.Http();
        using var engine = RemoteAsk.Engine(server.Address, http);

        await foreach (var step in engine.GenerateAsync(RemoteAsk.Request(), Cancel)) break;

        await server.Left.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task GenerateAsync_MoreThanAtOnce_WaitsForATurn()
    {
        var release = new TaskCompletionSource();
        var (now, most) = (0, 0);
        await using var server = await RemoteServer.StartAsync(async (context, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            if (now == 2) release.TrySetResult();
            await release.Task;
            await Task.Yield();
            Interlocked.Decrement(ref now);
            await RemoteServer.SendAsync(context, Hello + "data: [DONE]\n\n");
        });
        using var http = RemoteAsk.Http();
        using var engine = RemoteAsk.Engine(server.Address, http, new EndpointGate(2, 64));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await engine.GenerateAsync(RemoteAsk.Request(), Cancel).LastAsync(Cancel)));

        Assert.Equal((8, 2), (answers.Count(step => step.End is not null), most));
    }

    [Fact]
    public void Reserve_MoreThanMayWait_IsRefusedForEverOrForNow()
    {
        using var http = RemoteAsk.Http();
        var gate = new EndpointGate(1, 3);
        using var engine = RemoteAsk.Engine(new Uri("http://127.0.0.1:1"), http, gate);

        Assert.Equal("n", Assert.Throws<AskRefusedException>(() => engine.Reserve(4, "n")).Field);
        engine.Reserve(3, "n");
        Assert.Throws<ModelBusyException>(() => engine.Reserve(1, "n"));
        engine.Dispose();

        Assert.Equal(0, gate.Waiting);
    }

    public static TheoryData<string> LocalSettings => ["logprobs", "echo", "ignore_eos", "typical_p", "no_repeat_ngram_size", "stop_token_ids"];

    [Theory, MemberData(nameof(LocalSettings))]
    public async Task GenerateAsync_SettingOfLocalModelsOnly_IsRefusedByName(string field)
    {
        var settings = field switch
        {
            "logprobs" => new GenerationSettings { Logprobs = 1 },
            "echo" => new() { Echo = true },
            "ignore_eos" => new() { IgnoreEos = true },
            "typical_p" => new() { TypicalP = 0.5 },
            "no_repeat_ngram_size" => new() { NoRepeatNgramSize = 3 },
            _ => new() { StopTokenIds = [1] },
        };
        await using var server = await RemoteServer.StreamingAsync(Hello);

        var refused = await Assert.ThrowsAsync<AskRefusedException>(() => RemoteAsk.AskAsync(server, settings));

        Assert.Equal((field, 0), (refused.Field, server.Requests.Count));
    }
}
