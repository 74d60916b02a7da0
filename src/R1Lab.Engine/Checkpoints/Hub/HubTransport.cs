using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace R1Lab.Engine.Checkpoints;

/// <summary>Requests to the hub. The token goes to the endpoint's own origin only; redirects are followed by hand for that reason.</summary>
internal sealed class HubTransport : IDisposable
{
    private const int MaxRedirects = 5;
    private const int MaxListBytes = 64 << 20;

    private readonly HubSettings _settings;
    private readonly Uri _endpoint;
    private readonly HttpClient _client;

    public HubTransport(HubSettings settings)
    {
        _settings = settings;
        _endpoint = new Uri(settings.Endpoint);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false, ConnectCallback = ConnectAsync, ConnectTimeout = settings.EtagTimeout };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("R1Lab", "0.1"));
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>A file's description: the last answer before the hub sends elsewhere. Only relative redirects (a renamed repository) are followed.</summary>
    public async Task<HttpResponseMessage> HeadAsync(Uri address, CancellationToken cancellationToken) =>
        await Timely(address, token => FollowAsync(HttpMethod.Head, address, null, followElsewhere: false, token), cancellationToken);

    /// <summary>A file's bytes from an offset on; the caller reads the body.</summary>
    public async Task<HttpResponseMessage> GetAsync(Uri address, long from, CancellationToken cancellationToken) =>
        await Timely(address, token => FollowAsync(HttpMethod.Get, address, from, followElsewhere: true, token), cancellationToken);

    /// <summary>A list in JSON, at most 64 MB, and the address of its next page.</summary>
    public async Task<(byte[] Body, Uri? Next)> ListAsync(Uri address, CancellationToken cancellationToken) => await Timely(address, async token =>
    {
        using var response = await FollowAsync(HttpMethod.Get, address, null, followElsewhere: false, token);
        if (!response.IsSuccessStatusCode) throw Refused(address, response.StatusCode);
        using var body = new MemoryStream();
        await using var stream = await response.Content.ReadAsStreamAsync(token);
        var buffer = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(buffer, token)) > 0;)
        {
            if (body.Length + read > MaxListBytes) throw new HubException($"{address}: the list is larger than {MaxListBytes >> 20} MB.");
            body.Write(buffer, 0, read);
        }

        return (body.ToArray(), NextPage(address, response));
    }, cancellationToken);

    public void Dispose() => _client.Dispose();

    public static bool CanRetry(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    public static HubException Refused(Uri address, HttpStatusCode status)
    {
        var reason = status switch
        {
            HttpStatusCode.Unauthorized => "the hub asks for a valid token (HF_TOKEN), or there is no such repository",
            HttpStatusCode.Forbidden => "the token has no right to this repository; a gated model must be requested on its page first",
            HttpStatusCode.NotFound => "there is no such repository, revision or file",
            _ => $"the hub answered {(int)status}",
        };
        return new HubException($"{address}: {reason}.", status) { MirrorMayHelp = CanRetry(status) };
    }

    private async Task<HttpResponseMessage> FollowAsync(HttpMethod method, Uri start, long? from, bool followElsewhere, CancellationToken cancellationToken)
    {
        var address = start;
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var request = new HttpRequestMessage(method, address);
            if (from is > 0) request.Headers.Range = new RangeHeaderValue(from, null);
            if (_settings.Token is { } token && IsSameOrigin(address, _endpoint)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.Headers.Location is not { } location || (int)response.StatusCode is < 300 or >= 400) return response;
            if (location.IsAbsoluteUri && !followElsewhere) return response;
            using (response) address = Target(address, location);
        }

        throw new HubException($"{start}: the hub redirects more than {MaxRedirects} times.");
    }

    private static Uri Target(Uri from, Uri location)
    {
        var target = new Uri(from, location);
        if (target.Scheme is not ("http" or "https") || from.Scheme == "https" && target.Scheme == "http" || target.UserInfo.Length > 0)
            throw new HubException($"{from}: the hub redirects to {target.GetLeftPart(UriPartial.Authority)}, which is not allowed (only http or https, and never from https to http).");
        return target;
    }

    private static Uri? NextPage(Uri address, HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links)) return null;
        var next = string.Join(',', links).Split(',').FirstOrDefault(l => l.Contains("rel=\"next\"", StringComparison.Ordinal));
        if (next is null || next.IndexOf('<') is var start && start < 0 || next.IndexOf('>') is var end && end < start) return null;
        var target = new Uri(address, next[(next.IndexOf('<') + 1)..next.IndexOf('>')]);
        return IsSameOrigin(target, address) ? target : throw new HubException($"{address}: the list goes on at another host ({target.Host}), which is not allowed.");
    }

    private async Task<T> Timely<T>(Uri address, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_settings.EtagTimeout);
        try
        {
            return await work(limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            if (e.InnerException is HubException own) throw new HubException(own.Message, own);
            var why = e is OperationCanceledException ? $"no answer within {_settings.EtagTimeout.TotalSeconds:0.#} s" : e.Message;
            throw new HubException($"{address.GetLeftPart(UriPartial.Path)}: the hub cannot be reached: {why}", e) { MirrorMayHelp = true };
        }
    }

    // A public hub must not be able to send us to addresses inside our own network: the address is checked where the connection is made.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var isChosen = context.InitialRequestMessage.RequestUri?.Host != host || _settings.Mirrors.Prepend(_settings.Endpoint).Any(e => new Uri(e).Host == host); // a proxy, or named in the settings
        if (!isChosen && addresses.Any(IsPrivate) && !(await Dns.GetHostAddressesAsync(_endpoint.Host, cancellationToken)).Any(IsPrivate))
            throw new HubException($"{host}: the hub redirects into a private network, which is not allowed.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsPrivate(IPAddress address) => NetworkAddresses.ReachOf(address) != NetworkReach.Public;

    private static bool IsSameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.Port == b.Port && a.Host.Equals(b.Host, StringComparison.OrdinalIgnoreCase);
}
