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

    /// <summary>Waits for <paramref name="next"/> and keeps the connection awake meanwhile.</summary>
    public async Task<T> AwaitAsync<T>(Task<T> next, CancellationToken cancellation)
    {
        while (await Task.WhenAny(next, Task.Delay(PingAfter, cancellation)) != next)
        {
            cancellation.ThrowIfCancellationRequested();
            await WriteAsync(": ping\n\n", cancellation);
        }

        return await next;
    }

    private async Task WriteAsync(string text, CancellationToken cancellation)
    {
        await response.WriteAsync(text, cancellation);
        await response.Body.FlushAsync(cancellation);
    }
}
