using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Options;
using R1Lab.Web.Tests.Durability;

namespace R1Lab.Web.Tests.Access;

/// <summary>Behind a proxy that ends TLS: the lab believes what the named proxies say, and no one else.</summary>
public sealed partial class TrustedProxiesTests
{
    private const int PerMinute = 3;
    private const string FromNginx = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Proxy_Named_RedirectsToHttpsSetsSecureCookiesAndPassesWebSockets()
    {
        using var folder = new TemporaryFolder();
        await using var lab = await StartAsync(folder, "127.0.0.1");
        await using var proxy = new TestProxy(lab.Client.BaseAddress!, () => FromNginx);

        var link = SetUpLink().Match(await lab.WaitForAsync("one-time link")).Value;

        var start = await SendAsync(proxy.Port, "/");
        var form = await SendAsync(proxy.Port, link);
        var fields = $"_handler=set-up&__RequestVerificationToken={Uri.EscapeDataString(FormToken().Match(form).Groups[1].Value)}&{link.Split('?')[1]}"
            + $"&name=wang&password={Uri.EscapeDataString(Visitors.Password)}&repeat={Uri.EscapeDataString(Visitors.Password)}";
        var signedIn = await SendAsync(proxy.Port, link, "POST", $"Cookie: {Cookie(form)}\r\nContent-Type: application/x-www-form-urlencoded\r\n", fields);
        var page = await SendAsync(proxy.Port, "/", "GET", $"Cookie: {Cookie(signedIn)}\r\n");
        var socket = await StatusLineAsync(proxy.Port, $"Cookie: {Cookie(signedIn)}\r\n");

        Assert.Matches("Location: https://127.0.0.1:\\d+/account/sign-in", start);
        Assert.Matches("HTTP/1.1 302", signedIn);
        Assert.StartsWith("HTTP/1.1 200", page, StringComparison.Ordinal);
        var cookies = (form + signedIn).Split("\r\n").Where(line => line.StartsWith("Set-Cookie:", StringComparison.OrdinalIgnoreCase)).ToList();
        Assert.InRange(cookies.Count, 2, 10);
        Assert.All(cookies, cookie => Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith("HTTP/1.1 101", socket, StringComparison.Ordinal);
        Assert.DoesNotContain("carries forwarded headers", lab.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proxy_Named_LimitsGuessesPerClientBehindIt()
    {
        using var folder = new TemporaryFolder();
        await using var lab = await StartAsync(folder, "127.0.0.0/8");
        var client = "";

        // What the client itself sent stands first in the chain and differs every time.
        var spoofed = 0;
        await using var proxy = new TestProxy(lab.Client.BaseAddress!, () => $"X-Forwarded-For: 198.51.100.{spoofed++}, {client}\r\nX-Forwarded-Proto: https\r\n");
        client = "203.0.113.1";
        var first = await GuessAsync(proxy.Port, 8);
        client = "203.0.113.2";
        var second = await GuessAsync(proxy.Port, 8);

        Assert.Equal((PerMinute, PerMinute), (first, second));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.1")]
    public async Task Headers_FromAnyoneElse_AreNotFollowedAndSaidOnce(string named)
    {
        using var folder = new TemporaryFolder();
        await using var lab = await StartAsync(folder, named, ("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"));
        var spoofed = 0;
        await using var proxy = new TestProxy(lab.Client.BaseAddress!, () => $"X-Forwarded-For: 198.51.100.{spoofed++}\r\nX-Forwarded-Proto: https\r\n");

        var start = await SendAsync(proxy.Port, "/");
        var taken = await GuessAsync(proxy.Port, 8);

        Assert.Contains("Location: http://127.0.0.1:", start, StringComparison.Ordinal);
        Assert.Equal(PerMinute, taken);
        var output = await lab.WaitForAsync("Lab:Proxies");
        Assert.Equal(2, output.Split("carries forwarded headers, which are not followed").Length);
    }

    [Theory]
    [InlineData("10.0.0.5", true)]
    [InlineData("10.0.0.0/24", true)]
    [InlineData("::1", true)]
    [InlineData("fd00::/8", true)]
    [InlineData("proxy.lan", false)]
    [InlineData("10.0.0.5/24", true)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("0.0.0.0/0", false)]
    [InlineData("::/0", false)]
    [InlineData("", false)]
    public void Setting_ThatIsNoAddressOrTrustsEveryone_IsRefusedByItsKey(string text, bool isGood)
    {
        var result = new LabOptionsValidator().Validate(null, new LabOptions { Proxies = [text] });

        Assert.Equal(isGood, result.Succeeded);
        if (!isGood) Assert.Contains($"Lab:Proxies holds '{text}'", result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.5", "::ffff:10.0.0.5", true)]
    [InlineData("10.0.0.0/24", "10.0.0.255", true)]
    [InlineData("10.0.0.0/24", "10.0.1.0", false)]
    [InlineData("fd00::/8", "fd00::1", true)]
    public void Contains_AddressInAnySpelling_IsCompared(string proxy, string sender, bool expected)
    {
        var proxies = TrustedProxies.Of(new LabOptions { Proxies = [proxy] });

        Assert.Equal(expected, proxies.Contains(IPAddress.Parse(sender)));
    }

    [Theory]
    [InlineData("::ffff:10.0.0.5", "10.0.0.5")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("::1", "::1")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    public void Shared_OneClientsAddresses_AreOne(string address, string expected)
    {
        Assert.Equal(IPAddress.Parse(expected), ClientAddress.Shared(IPAddress.Parse(address)));
    }

    private static Task<BuiltProgram> StartAsync(TemporaryFolder folder, string proxy, params (string, string)[] more)
    {
        var settings = new List<(string, string)>(more) { ("Lab__RateLimits__SignInsPerMinute", $"{PerMinute}") };
        if (proxy.Length > 0) settings.Add(("Lab__Proxies__0", proxy));
        return StartedLab.StartAsync(folder.Path, [.. settings]);
    }

    private static async Task<int> GuessAsync(int port, int tries)
    {
        var taken = 0;
        for (var number = 0; number < tries; number++)
        {
            var answer = await SendAsync(port, AccountPaths.SignIn, "POST");
            if (!answer.StartsWith("HTTP/1.1 429", StringComparison.Ordinal)) taken++;
        }

        return taken;
    }

    /// <summary>The whole answer to a request on a connection of its own.</summary>
    private static async Task<string> SendAsync(int port, string path, string method = "GET", string headers = "", string body = "")
    {
        using var socket = await OpenAsync(port, $"{method} {path} HTTP/1.1\r\nAccept: text/html\r\nConnection: close\r\nContent-Length: {body.Length}\r\n{headers}", body);
        using var reader = new StreamReader(socket.GetStream());
        return await reader.ReadToEndAsync(Cancel).WaitAsync(Patience.For(TimeSpan.FromSeconds(10)), Cancel);
    }

    /// <summary>How the hub answers the opening of a WebSocket.</summary>
    private static async Task<string> StatusLineAsync(int port, string headers)
    {
        const string upgrade = "GET /_blazor HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        using var socket = await OpenAsync(port, upgrade + headers, "");
        using var reader = new StreamReader(socket.GetStream());
        return await reader.ReadLineAsync(Cancel).AsTask().WaitAsync(Patience.For(TimeSpan.FromSeconds(10)), Cancel) ?? "";
    }

    private static async Task<TcpClient> OpenAsync(int port, string head, string body)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port, Cancel);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{head}Host: 127.0.0.1:{port}\r\n\r\n{body}"), Cancel);
        return socket;
    }

    private static string Cookie(string answer) => string.Join("; ", SetCookie().Matches(answer).Select(match => match.Groups[1].Value));

    [GeneratedRegex(@"/setup\?token=[\w-]+", RegexOptions.NonBacktracking)]
    private static partial Regex SetUpLink();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<value>[^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex FormToken();

    [GeneratedRegex("Set-Cookie: (?<cookie>[^;\r]+)", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex SetCookie();
}
