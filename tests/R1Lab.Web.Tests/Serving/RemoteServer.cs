using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace R1Lab.Web.Tests.Serving;

/// <summary>A server on this machine that answers as a test says, in any dialect, right or wrong.</summary>
internal sealed class RemoteServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RemoteServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public ConcurrentQueue<(string Path, string? Key, JsonObject? Body)> Requests { get; } = [];

    /// <summary>Completes when a client has closed its connection.</summary>
    public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<RemoteServer> StartAsync(Func<HttpContext, JsonObject?, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new RemoteServer(app);
        app.Run(async context =>
        {
            context.RequestAborted.Register(() => server.Left.TrySetResult());
            var body = context.Request.ContentLength > 0 ? (await JsonNode.ParseAsync(context.Request.Body))!.AsObject() : null;
            server.Requests.Enqueue((context.Request.Path, context.Request.Headers.Authorization.FirstOrDefault(), body));
            await answer(context, body);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Answers every request with these bytes, one write after the other.</summary>
    public static Task<RemoteServer> StreamingAsync(params string[] pieces) => StartAsync((context, _) => SendAsync(context, pieces));

    public static Task<RemoteServer> RefusingAsync(int status, string body) => StartAsync((context, _) => RefuseAsync(context, status, body));

    public static async Task RefuseAsync(HttpContext context, int status, string body)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, "application/json");
        await context.Response.WriteAsync(body);
    }

    public static async Task SendAsync(HttpContext context, params string[] pieces)
    {
        if (!context.Response.HasStarted) context.Response.ContentType = "text/event-stream";
        foreach (var piece in pieces) await SendAsync(context, Encoding.UTF8.GetBytes(piece));
    }

    public static async Task SendAsync(HttpContext context, byte[] bytes)
    {
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
