using System.Net;
using System.Net.Sockets;
using System.Text;

namespace R1Lab.Web.Tests.Access;

/// <summary>
/// A reverse proxy as nginx is set up: adds its headers to the head of each connection's first request and passes everything after it on,
/// WebSockets too. The browser's side is plain HTTP here; that TLS ended at the proxy is only said.
/// </summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _accepting;
    private readonly Uri _lab;
    private readonly Func<string> _headers;

    public TestProxy(Uri lab, Func<string> headers)
    {
        (_lab, _headers) = (lab, headers);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = PassAsync(await _listener.AcceptTcpClientAsync(_ending.Token));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient browser)
    {
        using (browser)
        {
            using var lab = new TcpClient();
            try
            {
                await lab.ConnectAsync(IPAddress.Loopback, _lab.Port, _ending.Token);
                var (inward, outward) = (browser.GetStream(), lab.GetStream());
                var (head, rest) = await HeadAsync(inward);
                await outward.WriteAsync(Encoding.Latin1.GetBytes(head + _headers() + "\r\n"), _ending.Token);
                await outward.WriteAsync(rest, _ending.Token);
                await Task.WhenAny(inward.CopyToAsync(outward, _ending.Token), outward.CopyToAsync(inward, _ending.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // One side has left.
            }
        }
    }

    /// <summary>The request's head without its empty line and without "keep-alive", and what came after it.</summary>
    private async Task<(string Head, byte[] Body)> HeadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, _ending.Token);
            if (read == 0) throw new IOException("The browser has left.");
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            var all = text.ToString();
            if (all.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
                return (all[..(end + 2)], Encoding.Latin1.GetBytes(all[(end + 4)..]));
        }
    }
}
