using System.Net;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data.Models;
using R1Lab.Engine;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Tests.Serving;

/// <summary>Asks a server through the engine and keeps what came.</summary>
internal static class RemoteAsk
{
    public const string Key = "sk-secret-0123456789";

    public static readonly OutboundLimits Quick = new() { RetryDelay = TimeSpan.Zero };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static RemoteEndpoint Endpoint(Uri address, bool allowsPrivate = true) =>
        new() { Name = "remote", Address = address.GetLeftPart(UriPartial.Authority) + "/v1", Model = "m", AllowsPrivate = allowsPrivate, MostRequests = 2 };

    public static OutboundHttp Http(OutboundLimits? limits = null, TimeProvider? time = null) => new(time ?? TimeProvider.System, limits ?? Quick, Dns.GetHostAddressesAsync);

    public static RemoteEngine Engine(Uri address, OutboundHttp http, EndpointGate? gate = null, TimeProvider? time = null) =>
        new(Endpoint(address), Key, gate ?? new EndpointGate(2, 64), http, time ?? TimeProvider.System);

    public static EngineRequest Request(GenerationSettings? settings = null) => new([new ChatMessage("user", "hi")], [], settings ?? new GenerationSettings());

    public static Task<Heard> AskAsync(RemoteServer server, GenerationSettings? settings = null) => AskAsync(server.Address, settings);

    public static async Task<Heard> AskAsync(Uri address, GenerationSettings? settings = null, OutboundLimits? limits = null, TimeProvider? time = null)
    {
        using var http = Http(limits, time);
        using var engine = Engine(address, http, time: time);
        var heard = new Heard();
        await foreach (var step in engine.GenerateAsync(Request(settings), Cancel)) heard.Add(step);
        return heard;
    }

    public static Task<(Fault Fault, Heard Heard)> FailAsync(RemoteServer server, OutboundLimits? limits = null, TimeProvider? time = null) => FailAsync(server.Address, limits, time);

    /// <summary>The fault of an answer that fails, and what came before.</summary>
    public static async Task<(Fault Fault, Heard Heard)> FailAsync(Uri address, OutboundLimits? limits = null, TimeProvider? time = null)
    {
        using var http = Http(limits, time);
        using var engine = Engine(address, http, time: time);
        var heard = new Heard();
        var failure = await Assert.ThrowsAsync<EndpointException>(async () =>
        {
            await foreach (var step in engine.GenerateAsync(Request(), Cancel)) heard.Add(step);
        });
        Assert.DoesNotContain(Key, failure.ToString(), StringComparison.Ordinal);
        return (failure.Fault!, heard);
    }

    /// <summary>Moves the clock on whenever everything waits, until the work ends.</summary>
    public static async Task<T> PassTimeAsync<T>(this FakeTimeProvider time, Task<T> work, TimeSpan step)
    {
        while (await Task.WhenAny(work, Task.Delay(20, Cancel)) != work) time.Advance(step);
        return await work;
    }
}

/// <summary>What an engine gave.</summary>
internal sealed class Heard
{
    public string Text { get; private set; } = "";

    public string Thought { get; private set; } = "";

    public EngineEnd? End { get; private set; }

    public void Add(EngineStep step)
    {
        Assert.Null(End);
        (Text, Thought, End) = (Text + step.Text, Thought + step.Thought, step.End);
    }
}
