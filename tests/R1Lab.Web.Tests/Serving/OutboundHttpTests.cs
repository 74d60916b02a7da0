using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using R1Lab.Engine;
using R1Lab.Tests.Shared;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Tests.Serving;

/// <summary>The way out leads to listed origins at allowed addresses, and nowhere else.</summary>
public sealed partial class OutboundHttpTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("8.8.8.8", NetworkReach.Public)]
    [InlineData("172.15.0.1", NetworkReach.Public)]
    [InlineData("172.32.0.1", NetworkReach.Public)]
    [InlineData("100.63.255.255", NetworkReach.Public)]
    [InlineData("2606:4700::1111", NetworkReach.Public)]
    [InlineData("::ffff:8.8.8.8", NetworkReach.Public)]
    [InlineData("64:ff9b::8.8.8.8", NetworkReach.Public)]
    [InlineData("2002:0808:0808::1", NetworkReach.Public)]
    [InlineData("127.0.0.1", NetworkReach.Private)]
    [InlineData("127.255.255.254", NetworkReach.Private)]
    [InlineData("10.0.0.1", NetworkReach.Private)]
    [InlineData("172.16.0.1", NetworkReach.Private)]
    [InlineData("172.31.255.255", NetworkReach.Private)]
    [InlineData("192.168.1.1", NetworkReach.Private)]
    [InlineData("100.64.0.1", NetworkReach.Private)]
    [InlineData("::1", NetworkReach.Private)]
    [InlineData("fd12::1", NetworkReach.Private)]
    [InlineData("::ffff:127.0.0.1", NetworkReach.Private)]
    [InlineData("::ffff:192.168.1.1", NetworkReach.Private)]
    [InlineData("64:ff9b::10.0.0.1", NetworkReach.Private)]
    [InlineData("2002:7f00:0001::1", NetworkReach.Private)]
    [InlineData("0.0.0.0", NetworkReach.Reserved)]
    [InlineData("0.1.2.3", NetworkReach.Reserved)]
    [InlineData("169.254.169.254", NetworkReach.Reserved)]
    [InlineData("::ffff:169.254.169.254", NetworkReach.Reserved)]
    [InlineData("64:ff9b::169.254.169.254", NetworkReach.Reserved)]
    [InlineData("100.100.100.200", NetworkReach.Reserved)]
    [InlineData("fd00:ec2::254", NetworkReach.Reserved)]
    [InlineData("224.0.0.1", NetworkReach.Reserved)]
    [InlineData("240.0.0.1", NetworkReach.Reserved)]
    [InlineData("255.255.255.255", NetworkReach.Reserved)]
    [InlineData("192.0.2.1", NetworkReach.Reserved)]
    [InlineData("198.18.0.1", NetworkReach.Reserved)]
    [InlineData("::", NetworkReach.Reserved)]
    [InlineData("::7f00:1", NetworkReach.Reserved)]
    [InlineData("fe80::1", NetworkReach.Reserved)]
    [InlineData("fec0::1", NetworkReach.Reserved)]
    [InlineData("ff02::1", NetworkReach.Reserved)]
    [InlineData("2001:db8::1", NetworkReach.Reserved)]
    [InlineData("2001::1", NetworkReach.Reserved)]
    [InlineData("64:ff9b:1::10.0.0.1", NetworkReach.Reserved)]
    public void ReachOf_Address_IsKnown(string address, NetworkReach reach) => Assert.Equal(reach, NetworkAddresses.ReachOf(IPAddress.Parse(address)));

    [Theory]
    [InlineData("127.0.0.1", false, "endpoint_private_address")]
    [InlineData("10.0.0.1", false, "endpoint_private_address")]
    [InlineData("::ffff:127.0.0.1", false, "endpoint_private_address")]
    [InlineData("169.254.169.254", false, "endpoint_reserved_address")]
    [InlineData("169.254.169.254", true, "endpoint_reserved_address")]
    [InlineData("::ffff:169.254.169.254", true, "endpoint_reserved_address")]
    [InlineData("0.0.0.0", true, "endpoint_reserved_address")]
    [InlineData("::", true, "endpoint_reserved_address")]
    public async Task SendAsync_NameThatLeadsInside_IsRefused(string address, bool allowsPrivate, string code)
    {
        using var http = Resolving(_ => [IPAddress.Parse(address)]);

        var failure = await Assert.ThrowsAsync<EndpointException>(() => SendAsync(http, new Uri("http://api.example.org/"), allowsPrivate));

        Assert.Equal((code, "api.example.org"), (failure.Fault!.Code, failure.Fault.Arguments[0]));
    }

    [Theory]
    [InlineData("http://localhost/")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:7f00:1]/")]
    public async Task SendAsync_EverySpellingOfThisMachine_IsRefused(string address)
    {
        using var http = RemoteAsk.Http();

        Assert.Equal("endpoint_private_address", (await Assert.ThrowsAsync<EndpointException>(() => SendAsync(http, new Uri(address), allowsPrivate: false))).Fault!.Code);
    }

    // The name answers with a public address when it is checked and with a private one afterwards: there is no second look-up.
    [Fact]
    public async Task SendAsync_NameServerChangesItsAnswer_ConnectsToTheCheckedAddress()
    {
        await using var server = await RemoteServer.RefusingAsync(200, "{}");
        var asked = 0;
        using var http = Resolving(_ => asked++ == 0 ? [IPAddress.Parse("169.254.169.254"), IPAddress.Loopback] : [IPAddress.Parse("169.254.169.254")]);
        var address = new UriBuilder(server.Address) { Host = "api.example.org" }.Uri;

        await using var answer = await SendAsync(http, address, allowsPrivate: true);

        Assert.Equal((200, 1), (answer.Status, asked));
    }

    // A connection that one endpoint may have is not lent to another that may not.
    [Fact]
    public async Task SendAsync_AfterAnAllowedConnection_StillRefusesTheOther()
    {
        await using var server = await RemoteServer.RefusingAsync(200, "{}");
        using var http = RemoteAsk.Http();
        await using (var allowed = await SendAsync(http, server.Address, allowsPrivate: true)) await allowed.Body.ReadStartAsync(100, Cancel);

        Assert.Equal("endpoint_private_address", (await Assert.ThrowsAsync<EndpointException>(() => SendAsync(http, server.Address, allowsPrivate: false))).Fault!.Code);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1")]
    [InlineData("https://a.example/v1", "http://a.example/v1")]
    [InlineData("https://a.example/v1", "https://b.example/v1")]
    [InlineData("https://a.example/v1", "https://user@a.example/v1")]
    [InlineData("https://a.example/v1", "ftp://a.example/v1")]
    public async Task SendAsync_OriginThatIsNotListed_IsRefused(string listed, string address)
    {
        using var http = RemoteAsk.Http();

        var refused = await Assert.ThrowsAsync<EndpointException>(() => http.SendAsync(new OutboundRequest(new OutboundOrigin(new Uri(listed), true), HttpMethod.Get, new Uri(address)), Cancel));

        Assert.Equal("endpoint_not_listed", refused.Fault!.Code);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("/elsewhere")]
    [InlineData("https://evil.example/")]
    public async Task SendAsync_Redirect_IsNotFollowed(string location)
    {
        await using var server = await RemoteServer.StartAsync((context, _) =>
        {
            context.Response.Redirect(location);
            return Task.CompletedTask;
        });

        var (fault, _) = await RemoteAsk.FailAsync(server);

        Assert.Equal(("endpoint_redirect", 1), (fault.Code, server.Requests.Count));
    }

    [Fact]
    public async Task SendAsync_CompressedAnswer_IsNotUnpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) await gzip.WriteAsync(new byte[50 << 20], Cancel);
        await using var server = await RemoteServer.StartAsync((context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return RemoteServer.SendAsync(context, packed.ToArray());
        });
        using var http = RemoteAsk.Http();

        await using var answer = await SendAsync(http, server.Address, allowsPrivate: true);

        Assert.Equal(packed.Length, (await answer.Body.ReadStartAsync(1 << 20, Cancel)).Length);
    }

    [Fact]
    public async Task SendAsync_NobodyListens_IsTriedAgainAndThenSaid()
    {
        var asked = 0;
        using var http = Resolving(_ =>
        {
            asked++;
            return [IPAddress.Loopback];
        });

        var failure = await Assert.ThrowsAsync<EndpointException>(() => SendAsync(http, new Uri("http://api.example.org:1/"), allowsPrivate: true));

        Assert.Equal(("endpoint_not_reached", 3), (failure.Fault!.Code, asked));
    }

    [Fact]
    public async Task SendAsync_UnknownHost_IsSaid()
    {
        using var http = Resolving(_ => throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound));

        Assert.Equal("endpoint_no_such_host", (await Assert.ThrowsAsync<EndpointException>(() => SendAsync(http, new Uri("http://nowhere.example/"), true))).Fault!.Code);
    }

    [Fact]
    public async Task SendAsync_PlainHttpBehindHttps_IsNoSecureConnection()
    {
        await using var server = await RemoteServer.RefusingAsync(200, "{}");
        using var http = RemoteAsk.Http();

        var failure = await Assert.ThrowsAsync<EndpointException>(() => SendAsync(http, new UriBuilder(server.Address) { Scheme = "https" }.Uri, true));

        Assert.Equal("endpoint_tls", failure.Fault!.Code);
    }

    [Fact]
    public async Task SendAsync_NoHttp_IsSaid()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(Cancel);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH_9.6\r\n"), Cancel);
        }, Cancel);
        using var http = RemoteAsk.Http();

        var failure = await Assert.ThrowsAsync<EndpointException>(() => SendAsync(http, new Uri($"http://{listener.LocalEndpoint}/"), true));

        await answering;
        Assert.Equal("endpoint_not_http", failure.Fault!.Code);
    }

    [Fact]
    public void Request_InAText_NeverShowsTheKey()
    {
        var request = new OutboundRequest(new OutboundOrigin(new Uri("https://a.example"), false), HttpMethod.Post, new Uri("https://a.example/v1")) { Key = RemoteAsk.Key, Json = [1] };

        Assert.Equal("POST https://a.example/v1", request.ToString());
    }

    [Fact]
    public void Sources_OpenNoConnectionElsewhere()
    {
        string[] allowed = ["OutboundHttp.cs", "CheckedConnection.cs", "HubTransport.cs"];

        var found = Directory.EnumerateFiles(Path.Combine(ReferenceFiles.Repository, "src"), "*.*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor" && !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => !allowed.Contains(Path.GetFileName(file)) && WayOut().IsMatch(File.ReadAllText(file)));

        Assert.Empty(found.Select(Path.GetFileName));
    }

    [GeneratedRegex(@"\b(HttpClient|HttpClientHandler|SocketsHttpHandler|HttpMessageInvoker|IHttpClientFactory|AddHttpClient|WebClient|WebRequest|TcpClient|UdpClient|ClientWebSocket|SmtpClient|new Socket|Dns\.Get\w+)\b", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex WayOut();

    private static OutboundHttp Resolving(Func<string, IPAddress[]> addresses) =>
        new(TimeProvider.System, RemoteAsk.Quick, (host, _) => { try { return Task.FromResult(addresses(host)); } catch (Exception e) { return Task.FromException<IPAddress[]>(e); } });

    private static Task<OutboundAnswer> SendAsync(OutboundHttp http, Uri address, bool allowsPrivate) =>
        http.SendAsync(new OutboundRequest(new OutboundOrigin(address, allowsPrivate), HttpMethod.Get, address), Cancel);
}
