using System.Net;
using System.Net.Sockets;
using System.Text;

namespace R1Lab.Web.Tests.Serving;

/// <summary>A server that sends these bytes to every request and closes the connection, as a process that dies.</summary>
internal sealed class CutServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public CutServer(string answer)
    {
        _listener.Start();
        _ = ServeAsync(Encoding.UTF8.GetBytes(answer));
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    /// <summary>The head of a chunked answer and its first chunk.</summary>
    public static string Chunk(string text) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(byte[] answer)
    {
        var buffer = new byte[1 << 16];
        while (true)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync();
                var request = "";
                while (!request.EndsWith('}')) request += Encoding.UTF8.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer));
                await client.GetStream().WriteAsync(answer);
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
