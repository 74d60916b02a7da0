using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>Server-sent events as OpenAI clients read them: one <c>data:</c> line each, flushed at once, a comment line while nothing comes.</summary>
public sealed class EventStream(HttpResponse response)
{
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(15);

    private readonly JsonSerializerOptions _json = response.HttpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;

    /// <summary>Lets <paramref name="write"/> send its events. Once one is on its way the status is too, so a later error becomes the last event.</summary>
    public async Task RunAsync(Func<Task> write, CancellationToken cancellation)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await write();
        }
        catch (Exception e) when (response.HasStarted && !cancellation.IsCancellationRequested)
        {
            response.HttpContext.RequestServices.GetRequiredService<ILogger<EventStream>>().LogError(e, "A stream ended early");
            await SendAsync(ApiExceptionHandler.Answer(e, response.HttpContext.Request.Path).Body(response.HttpContext.Request), cancellation);
        }
    }

    public Task SendAsync<T>(T value, CancellationToken cancellation) =>
        WriteAsync($"data: {JsonSerializer.Serialize(value, _json)}\n\n", cancellation);

    public Task EndAsync(CancellationToken cancellation) => WriteAsync("data: [DONE]\n\n", cancellation);

    /// <summary>The same sequence; the connection is kept awake while nothing comes.</summary>
    public async IAsyncEnumerable<T> KeepAwakeAsync<T>(IAsyncEnumerable<T> source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var items = source.GetAsyncEnumerator(cancellation);
        while (await AwaitAsync(items.MoveNextAsync().AsTask(), cancellation)) yield return items.Current;
    }

    private async Task<bool> AwaitAsync(Task<bool> next, CancellationToken cancellation)
    {
        while (await Task.WhenAny(next, Task.Delay(PingAfter, CancellationToken.None)) != next) await WriteAsync(": ping\n\n", cancellation);
        return await next;
    }

    private async Task WriteAsync(string text, CancellationToken cancellation)
    {
        await response.WriteAsync(text, cancellation);
        await response.Body.FlushAsync(cancellation);
    }
}
