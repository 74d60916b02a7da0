using System.Net;
using System.Net.Sockets;
using R1Lab.Engine;

namespace R1Lab.Web.Serving.Remote;

/// <summary>
/// Opens connections to addresses that are allowed only. The name is looked up here and the connection goes to the address that was checked,
/// so that a name server that answers differently the next time (DNS rebinding) changes nothing.
/// </summary>
/// <param name="allowsPrivate">Whether hosts of the own network may be reached.</param>
/// <param name="resolve">Gives a name's addresses.</param>
internal sealed class CheckedConnection(bool allowsPrivate, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var allowed = await AllowedAsync(context.DnsEndPoint.Host, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IPAddress[]> AllowedAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] all;
        try
        {
            all = await resolve(host, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new EndpointException("endpoint_no_such_host", $"no address is known for the host {host}", e) { MayRetry = true };
        }

        if (all.Length == 0) throw new EndpointException("endpoint_no_such_host", $"no address is known for the host {host}");
        var allowed = Array.FindAll(all, IsAllowed);
        if (allowed.Length > 0) return allowed;
        throw Array.Find(all, address => NetworkAddresses.ReachOf(address) == NetworkReach.Private) is { } inside
            ? new EndpointException("endpoint_private_address", $"{host} leads to {inside.ToString()}, an address of this network, which is not allowed for this endpoint")
            : new EndpointException("endpoint_reserved_address", $"{host} leads to {all[0].ToString()}, an address that no endpoint may have");
    }

    private bool IsAllowed(IPAddress address) => NetworkAddresses.ReachOf(address) switch
    {
        NetworkReach.Public => true,
        NetworkReach.Private => allowsPrivate,
        _ => false,
    };
}
