using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace R1Lab.Tests.Shared.Desk;

/// <summary>What a network can do to the bytes of a browser.</summary>
internal enum NetworkFault
{
    None,

    /// <summary>Nothing arrives until the fault ends; then everything does, as after a short loss of Wi-Fi.</summary>
    Stall,

    /// <summary>Bytes are lost and nobody is told: connections of that time stay open and never carry anything again.</summary>
    Swallow,

    /// <summary>Connections end at once and new ones are refused.</summary>
    Cut,
}

/// <summary>Stands between a browser and the lab and delays, swallows or cuts traffic. A browser's own offline mode does not touch an open WebSocket.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Link, bool> _links = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly int _target;
    private readonly Task _accepting;
    private volatile NetworkFault _fault;
    private volatile TaskCompletionSource _flowing = Completed();

    public FaultyProxy(int target)
    {
        _target = target;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Time from a request to the first byte of an immediate answer; half of it in each direction.</summary>
    public TimeSpan RoundTrip { get; set; }

    public void Begin(NetworkFault fault)
    {
        _fault = fault;
        if (fault == NetworkFault.Stall) _flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var link in _links.Keys)
        {
            if (fault == NetworkFault.Swallow) link.IsDead = true;
            if (fault == NetworkFault.Cut) link.Dispose();
        }
    }

    public void End()
    {
        _fault = NetworkFault.None;
        _flowing.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        _flowing.TrySetResult();
        foreach (var link in _links.Keys) link.Dispose();
        await _accepting;
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_ending.IsCancellationRequested)
            {
                var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                client.NoDelay = true;
                if (_fault == NetworkFault.Cut) client.Dispose();
                else _ = CarryAsync(client);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy is being disposed of.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var link = new Link(client) { IsDead = _fault == NetworkFault.Swallow };
        _links[link] = true;
        try
        {
            await link.Server.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
            link.Server.NoDelay = true;
            var up = PumpAsync(link, link.Client, link.Server);
            var down = PumpAsync(link, link.Server, link.Client);
            await Task.WhenAny(up, down);
            // A dead connection does not even end for the browser.
            if (link.IsDead) await up;
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // One side is gone; the other learns of it below.
        }
        finally
        {
            _links.TryRemove(link, out _);
        }
    }

    private async Task PumpAsync(Link link, TcpClient from, TcpClient to)
    {
        var due = Channel.CreateUnbounded<(long Arrived, byte[] Bytes)>();
        var writing = WriteAsync(link, to, due.Reader);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _ending.Token) is > 0 and var read) due.Writer.TryWrite((Stopwatch.GetTimestamp(), buffer[..read]));
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // What arrived before is still carried.
        }

        due.Writer.Complete();
        await writing;
    }

    private async Task WriteAsync(Link link, TcpClient to, ChannelReader<(long Arrived, byte[] Bytes)> due)
    {
        try
        {
            await foreach (var (arrived, bytes) in due.ReadAllAsync(_ending.Token))
            {
                var wait = (RoundTrip / 2) - Stopwatch.GetElapsedTime(arrived);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, _ending.Token);
                await _flowing.Task;
                if (!link.IsDead) await to.GetStream().WriteAsync(bytes, _ending.Token);
            }
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // Nobody is there to read it.
        }
    }

    private static bool IsEnd(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }

    private sealed class Link(TcpClient client) : IDisposable
    {
        private volatile bool _dead;

        public TcpClient Client => client;

        public TcpClient Server { get; } = new();

        public bool IsDead { get => _dead; set => _dead = value; }

        public void Dispose()
        {
            client.Dispose();
            Server.Dispose();
        }
    }
}
