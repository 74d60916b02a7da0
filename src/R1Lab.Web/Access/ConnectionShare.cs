using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>
/// Gives each address a share of the connections, so that one client cannot hold them all, and closes connections on which nothing arrives.
/// A trusted proxy carries many clients and has no share; it limits them itself.
/// </summary>
public sealed class ConnectionShare(int mostPerAddress, IReadOnlyList<IPNetwork> proxies, TimeSpan firstByteWithin, TimeProvider time)
{
    /// <summary>A connection must send its first byte, and each request its whole head, within this time.</summary>
    public static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(90);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _open = [];

    public static void Configure(KestrelServerOptions kestrel, LabOptions lab)
    {
        var share = new ConnectionShare(lab.Connections.PerAddress, TrustedProxies.Of(lab), HeadTimeout, TimeProvider.System);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = lab.Connections.InAll;
        kestrel.Limits.MaxConcurrentUpgradedConnections = lab.Connections.InAll / 2;
        kestrel.Limits.RequestHeadersTimeout = HeadTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection => share.RunAsync(connection, next)));
    }

    /// <summary>What is kept for pages whose connection broke: bounded in number and time.</summary>
    public static void ConfigureCircuits(CircuitOptions circuits)
    {
        circuits.DisconnectedCircuitMaxRetained = 200;
        circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
        circuits.PersistedCircuitInMemoryMaxRetained = 400;
        circuits.PersistedCircuitInMemoryRetentionPeriod = TimeSpan.FromMinutes(30);
    }

    /// <summary>Lets the connection through when its address has room and it speaks in time.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = connection.RemoteEndPoint is IPEndPoint { Address: var remote } && !proxies.Contains(remote) ? ClientAddress.Shared(remote) : null;
        if (address is not null && !TryEnter(address))
        {
            connection.Abort(new ConnectionAbortedException("This address has too many connections."));
            return;
        }

        try
        {
            if (await SpeaksAsync(connection)) await next(connection);
        }
        finally
        {
            if (address is not null) Leave(address);
        }
    }

    // Kestrel's own limits begin with the first byte of a request; a silent connection would live as long as an idle one between requests.
    private async Task<bool> SpeaksAsync(ConnectionContext connection)
    {
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var limit = new CancellationTokenSource(firstByteWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, closing, connection.ConnectionClosed);
        try
        {
            var first = await connection.Transport.Input.ReadAsync(either.Token);
            connection.Transport.Input.AdvanceTo(first.Buffer.Start);
            return !first.Buffer.IsEmpty;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            connection.Abort(new ConnectionAbortedException("Nothing arrived on this connection."));
            return false;
        }
    }

    private bool TryEnter(IPAddress address)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(address);
            if (open >= mostPerAddress) return false;
            _open[address] = open + 1;
            return true;
        }
    }

    private void Leave(IPAddress address)
    {
        lock (_gate)
        {
            if (_open[address] == 1) _open.Remove(address);
            else _open[address]--;
        }
    }
}
