using System.Net;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Api;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Running;

/// <summary>MostWaiting holds for everything that asks a model, and counts what waits for the device too.</summary>
public sealed class WaitingLimitTests : IDisposable
{
    private const int Most = 3;

    private readonly LabHost _lab = LabHost.With(new() { ["Lab:Serving:MostWaiting"] = $"{Most}" });
    private readonly HttpClient _client;

    public WaitingLimitTests() => _client = _lab.ApiClient();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _lab.Dispose();
    }

    [Theory]
    [InlineData("/v1/completions", """{"prompt":"I","max_tokens":2}""")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"1"}],"max_tokens":2}""")]
    [InlineData("/generate", """{"inputs":"I","parameters":{"max_new_tokens":2}}""")]
    [InlineData("/generate_stream", """{"inputs":"I","parameters":{"max_new_tokens":2}}""")]
    public async Task Post_ManyAtOnceWhileTheDeviceIsHeld_TakesExactlySoMany(string path, string body)
    {
        using var session = await OpenAsync();
        var loan = await _lab.Get<DeviceLease>().AcquireAsync("test", "test", Cancellation);

        var requests = Enumerable.Range(0, 12).Select(_ => _client.PostAsync(path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancellation)).ToList();
        var refused = await TakeAsync(requests, 12 - Most);
        var waiting = session.Waiting;
        loan.Dispose();
        var answered = await Task.WhenAll(requests);

        Assert.All(refused, response => Assert.Equal((HttpStatusCode.TooManyRequests, true), (response.StatusCode, response.Headers.RetryAfter is not null)));
        Assert.Equal(Most, waiting);
        Assert.Equal(Most, answered.Count(response => response.StatusCode == HttpStatusCode.OK));
        Assert.Equal(0, session.Waiting);
    }

    [Fact]
    public async Task RunAsync_ChatOnAFullQueue_IsBusy()
    {
        using var session = await OpenAsync();
        session.Reserve(Most, "n");

        await Assert.ThrowsAsync<ModelBusyException>(AskAsync);
        session.Dispose(); // gives the places back

        Assert.Equal("The answer is three 🎉", (await AskAsync()).Picture.Answer);
    }

    // Several choices of one request are taken together or not at all.
    [Fact]
    public async Task Post_MoreChoicesThanPlacesLeft_IsRefusedWhole()
    {
        using var session = await OpenAsync();
        session.Reserve(Most - 1, "n");

        var two = await _client.RefusedAsync("/v1/completions", new { prompt = "I", n = 2, max_tokens = 2 });
        var never = await _client.RefusedAsync("/v1/completions", new { prompt = "I", n = Most + 1, max_tokens = 2 });
        var one = await _client.AskAsync("/v1/completions", new { prompt = "I", max_tokens = 2 });

        Assert.Equal((429, 400, 1), (two.Status, never.Status, one["choices"]!.AsArray().Count));
        Assert.Equal(Most - 1, session.Waiting);
    }

    [Fact]
    public async Task GenerateAsync_CallerLeavesWhileWaiting_GivesItsPlaceBack()
    {
        using var session = await OpenAsync();
        using var loan = await _lab.Get<DeviceLease>().AcquireAsync("test", "test", Cancellation);
        using var leave = new CancellationTokenSource();
        var waiting = session.GenerateAsync(new EngineRequest([], [1], new() { MaxNewTokens = 2 }), null, leave.Token);
        Assert.Equal(1, session.Waiting);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, session.Waiting);
    }

    private async Task<LocalEngine> OpenAsync()
    {
        await _lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, ScriptedModel.Folder, ModelLab.Scripted, null, Cancellation);
        return await _lab.Get<ModelHost>().OpenAsync(ModelLab.Scripted, Cancellation);
    }

    private Task<FinishedReply> AskAsync() => _lab.Get<Reply>().RunAsync(ModelLab.Scripted, [new ChatMessage("user", "1+2?")], new ReplySettings { Temperature = 0 }, null, Cancellation);

    private static async Task<List<HttpResponseMessage>> TakeAsync(IEnumerable<Task<HttpResponseMessage>> requests, int count)
    {
        var taken = new List<HttpResponseMessage>();
        await foreach (var response in Task.WhenEach(requests).WithCancellation(Cancellation))
        {
            taken.Add(await response);
            if (taken.Count == count) break;
        }

        return taken;
    }
}
