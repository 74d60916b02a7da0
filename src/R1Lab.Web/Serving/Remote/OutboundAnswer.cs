using System.Globalization;

namespace R1Lab.Web.Serving.Remote;

/// <summary>An answer from outside; its body is read within the limits.</summary>
public sealed class OutboundAnswer : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;

    private OutboundAnswer(HttpResponseMessage response, BoundedBody body, TimeProvider time)
    {
        (_response, Body) = (response, body);
        RetryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };
    }

    public int Status => (int)_response.StatusCode;

    public bool IsSuccess => _response.IsSuccessStatusCode;

    /// <summary>What the server calls itself.</summary>
    public string? Server => _response.Headers.TryGetValues("Server", out var names) ? string.Join(' ', names) : null;

    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter { get; }

    internal BoundedBody Body { get; }

    internal static async Task<OutboundAnswer> OpenAsync(HttpResponseMessage response, OutboundLimits limits, TimeProvider time, long started, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return new OutboundAnswer(response, new BoundedBody(body, limits, time, started), time);
    }

    /// <summary>Closes the connection where the body was not read to its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await Body.DisposeAsync();
        _response.Dispose();
    }

    /// <summary>Never shows the body.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Status}");
}
