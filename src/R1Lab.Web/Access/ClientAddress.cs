using System.Net;
using System.Net.Sockets;

namespace R1Lab.Web.Access;

/// <summary>
/// The address that limits are counted by. One machine usually owns a whole /64 of IPv6 addresses, which therefore count as one;
/// an IPv4 address written as IPv6 is the IPv4 address.
/// </summary>
public static class ClientAddress
{
    private const int PrefixBytes = 8;

    public static IPAddress Shared(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address)) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>The key of a request's bucket; requests without an address (in-process, Unix sockets) share one.</summary>
    public static string KeyOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? $"address {Shared(address)}" : "address";
}
