using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Tests.Durability;

namespace R1Lab.Web.Tests.Access;

/// <summary>One client cannot hold all connections.</summary>
public sealed class ConnectionShareTests
{
    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Visitor = IPAddress.Parse("127.0.0.2");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n")]
    public async Task Connections_TwoThousandHalfOpenOfOneAddress_LeaveRoomForAnother(string sent)
    {
        if (OperatingSystem.IsMacOS()) Assert.Skip("127.0.0.2 has to be set up first on macOS.");
        using var folder = new TemporaryFolder();
        await using var lab = await StartedLab.StartAsync(folder.Path);
        var port = lab.Client.BaseAddress!.Port;
        var held = new List<Socket>();
        try
        {
            for (var number = 0; number < 2000; number++) held.Add(await OpenAsync(Attacker, port, sent));

            var clock = System.Diagnostics.Stopwatch.StartNew();
            var answer = await AskAsync(Visitor, port);

            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(2)));
        }
        finally
        {
            foreach (var socket in held) socket.Dispose();
        }
    }

    [Fact]
    public async Task RunAsync_BeyondTheShare_AbortsAndLetsTheNextInWhenOneEnds()
    {
        var share = new ConnectionShare(2, [], TimeSpan.FromSeconds(10), new FakeTimeProvider());
        var ending = new TaskCompletionSource();
        var (first, second, third, other) = (Speaking("10.0.0.1"), Speaking("10.0.0.1"), Speaking("::ffff:10.0.0.1"), Speaking("10.0.0.2"));

        var running = new[] { share.RunAsync(first, _ => ending.Task), share.RunAsync(second, _ => ending.Task) };
        await share.RunAsync(third, _ => throw new InvalidOperationException("must not be let in"));
        var entered = false;
        await share.RunAsync(other, _ => Task.FromResult(entered = true));
        ending.SetResult();
        await Task.WhenAll(running);
        var again = false;
        await share.RunAsync(Speaking("10.0.0.1"), _ => Task.FromResult(again = true));

        Assert.Equal((true, true), (entered, again));
        await ClosedAsync(third);
    }

    [Fact]
    public async Task RunAsync_TrustedProxy_HasNoShare()
    {
        var share = new ConnectionShare(1, [new IPNetwork(IPAddress.Parse("10.0.0.1"), 32)], TimeSpan.FromSeconds(10), new FakeTimeProvider());
        var ending = new TaskCompletionSource();
        var entered = 0;

        var running = Enumerable.Range(0, 5).Select(_ => share.RunAsync(Speaking("10.0.0.1"), _ =>
        {
            Interlocked.Increment(ref entered);
            return ending.Task;
        })).ToList();
        ending.SetResult();
        await Task.WhenAll(running);

        Assert.Equal(5, entered);
    }

    [Fact]
    public async Task RunAsync_NoByteInTime_AbortsAndOneByteInTimeIsPassedOn()
    {
        var time = new FakeTimeProvider();
        var share = new ConnectionShare(10, [], TimeSpan.FromSeconds(10), time);
        var silent = Silent("10.0.0.1");
        var late = Silent("10.0.0.1");
        var seen = "";

        var waiting = share.RunAsync(silent, _ => throw new InvalidOperationException("must not be let in"));
        var speaking = share.RunAsync(late, async connection =>
        {
            var read = await connection.Transport.Input.ReadAsync(Cancel);
            seen = Encoding.ASCII.GetString(read.Buffer.FirstSpan);
        });
        await late.Application!.Output.WriteAsync("GET"u8.ToArray(), Cancel);
        await speaking;
        time.Advance(TimeSpan.FromSeconds(10));
        await waiting;

        Assert.Equal("GET", seen);
        await ClosedAsync(silent);
        Assert.False(late.ConnectionClosed.IsCancellationRequested);
    }

    private static async Task ClosedAsync(DefaultConnectionContext connection)
    {
        var closed = new TaskCompletionSource();
        await using var registration = connection.ConnectionClosed.Register(closed.SetResult);
        await closed.Task.WaitAsync(Patience.For(TimeSpan.FromSeconds(10)), Cancel);
    }

    private static DefaultConnectionContext Speaking(string address)
    {
        var connection = Silent(address);
        connection.Application!.Output.WriteAsync("G"u8.ToArray()).AsTask().Wait();
        return connection;
    }

    private static DefaultConnectionContext Silent(string address)
    {
        var pair = DuplexPipe.CreateConnectionPair(PipeOptions.Default, PipeOptions.Default);
        return new DefaultConnectionContext(address, pair.Transport, pair.Application) { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) };
    }

    private static async Task<Socket> OpenAsync(IPAddress from, int port, string sent)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Cancel);
            if (sent.Length > 0) await socket.SendAsync(Encoding.ASCII.GetBytes(sent), Cancel);
        }
        catch (SocketException)
        {
            // Beyond the share the connection is closed at once.
        }

        return socket;
    }

    private static async Task<string> AskAsync(IPAddress from, int port)
    {
        using var socket = await OpenAsync(from, port, $"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancel);
    }

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;

        public static (IDuplexPipe Transport, IDuplexPipe Application) CreateConnectionPair(PipeOptions inward, PipeOptions outward)
        {
            var (toLab, toClient) = (new Pipe(inward), new Pipe(outward));
            return (new DuplexPipe(toLab.Reader, toClient.Writer), new DuplexPipe(toClient.Reader, toLab.Writer));
        }
    }
}
