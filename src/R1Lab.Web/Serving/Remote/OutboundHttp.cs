using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace R1Lab.Web.Serving.Remote;

/// <summary>
/// The only way out of the server: to origins that an administrator listed, at addresses that are checked on the connection, within limits of
/// time and size, never redirected, never through a proxy of the environment (it would resolve the name itself and see keys of plain HTTP).
/// </summary>
/// <remarks>
/// Retries are a loop of its own: a pipeline of Microsoft.Extensions.Http.Resilience hangs on clients made by a factory, and its time limits
/// would end answers that stream for minutes. A request is repeated only while no part of an answer was handed on.
/// </remarks>
public sealed class OutboundHttp : IDisposable
{
    private readonly TimeProvider _time;
    private readonly OutboundLimits _limits;

    // Two pools of connections: one that was allowed to a private address must not serve an origin that is not.
    private readonly HttpClient _public;
    private readonly HttpClient _private;

    public OutboundHttp(TimeProvider time) : this(time, new OutboundLimits(), Dns.GetHostAddressesAsync) { }

    internal OutboundHttp(TimeProvider time, OutboundLimits limits, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (_time, _limits) = (time, limits);
        (_public, _private) = (Client(false, limits, resolve), Client(true, limits, resolve));
    }

    /// <summary>The answer as soon as its status is known, whatever the status; the caller reads the body and disposes it.</summary>
    /// <exception cref="EndpointException">The origin is not listed, not reached, or does not answer in time.</exception>
    public async Task<OutboundAnswer> SendAsync(OutboundRequest request, CancellationToken cancellationToken)
    {
        if (!request.Origin.Lists(request.Address))
            throw new EndpointException("endpoint_not_listed", $"{Place(request.Address)} is not the origin that was listed");
        for (var sent = 1; ; sent++)
        {
            TimeSpan wait;
            try
            {
                var answer = await SendOnceAsync(request, cancellationToken);
                if (sent > _limits.Retries || WaitFor(answer, sent) is not { } asked) return answer;
                await answer.DisposeAsync();
                wait = asked;
            }
            catch (EndpointException e) when (e.MayRetry && sent <= _limits.Retries)
            {
                wait = Delay(sent);
            }

            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    public void Dispose()
    {
        _public.Dispose();
        _private.Dispose();
    }

    private static HttpClient Client(bool allowsPrivate, OutboundLimits limits, Func<string, CancellationToken, Task<IPAddress[]>> resolve) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None, // a small answer cannot become a large one
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null, // no identifiers of ours leave
        ConnectTimeout = limits.Connect,
        MaxResponseDrainSize = 0, // an answer that is left early ends its connection
        PooledConnectionLifetime = TimeSpan.FromMinutes(2), // names are looked up again
        ConnectCallback = new CheckedConnection(allowsPrivate, resolve).ConnectAsync,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    private async Task<OutboundAnswer> SendOnceAsync(OutboundRequest request, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var limits = request.Within is { } within ? _limits.Within(within) : _limits;
        using var message = Message(request);
        using var limit = new CancellationTokenSource(limits.FirstByte, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var client = request.Origin.AllowsPrivate ? _private : _public;
            var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            if ((int)response.StatusCode is >= 300 and < 400) throw Redirected(request, response);
            return await OutboundAnswer.OpenAsync(response, limits, _time, started, linked.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw limit.IsCancellationRequested
                ? new EndpointException("endpoint_no_answer", $"no answer within {limits.FirstByte.TotalSeconds} s", e)
                : NotReached(request, e); // the handler's own limit for the connection
        }
        catch (HttpRequestException e)
        {
            throw e.InnerException as EndpointException ?? Failed(request, e);
        }
    }

    private static HttpRequestMessage Message(OutboundRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Address);
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("R1Lab", "0.1"));
        message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (request.Key is { } key) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (request.Json is { } json) message.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return message;
    }

    // Null: the answer is handed on.
    private TimeSpan? WaitFor(OutboundAnswer answer, int sent)
    {
        if (answer.Status is not (429 or 503)) return null;
        var asked = answer.RetryAfter ?? Delay(sent);
        return asked <= _limits.LongestRetryAfter ? asked : null;
    }

    private TimeSpan Delay(int sent) => _limits.RetryDelay * Math.Pow(2, sent - 1);

    private static EndpointException Redirected(OutboundRequest request, HttpResponseMessage response)
    {
        using (response)
        {
            var target = response.Headers.Location is { } location ? Place(new Uri(request.Address, location)) : "";
            return new EndpointException("endpoint_redirect", $"{Place(request.Address)} redirects to {target}; redirects are not followed");
        }
    }

    private static EndpointException Failed(OutboundRequest request, HttpRequestException failure) => failure switch
    {
        { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } =>
            new EndpointException("endpoint_tls", $"no secure connection to {Place(request.Address)}: its certificate or protocol is not accepted", failure),
        { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => NotReached(request, failure),
        { HttpRequestError: HttpRequestError.ResponseEnded } or { HttpRequestError: HttpRequestError.Unknown, InnerException: IOException } => BoundedBody.Cut(failure),
        _ => new EndpointException("endpoint_not_http", $"{Place(request.Address)} gives no valid HTTP answer", failure),
    };

    private static EndpointException NotReached(OutboundRequest request, Exception failure) =>
        new("endpoint_not_reached", $"{Place(request.Address)} takes no connection", failure) { MayRetry = true };

    private static string Place(Uri address) => address.IsAbsoluteUri ? $"{address.Scheme}://{address.IdnHost}:{address.Port}" : "";
}
