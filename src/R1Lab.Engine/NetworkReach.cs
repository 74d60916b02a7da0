using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace R1Lab.Engine;

/// <summary>Who stands behind an IP address.</summary>
public enum NetworkReach
{
    /// <summary>A host on the internet.</summary>
    Public,

    /// <summary>This machine or a host of its own network: loopback, RFC 1918, shared (RFC 6598) and unique local addresses.</summary>
    Private,

    /// <summary>
    /// No host that a server should ask: unspecified, multicast, documentation and reserved blocks, and link-local addresses, where clouds
    /// serve the credentials of the machine.
    /// </summary>
    Reserved,
}

/// <summary>Sorts IP addresses by the registries of IANA (special-purpose IPv4 and IPv6 addresses, RFC 6890).</summary>
public static class NetworkAddresses
{
    // Metadata services of clouds at private addresses: Alibaba Cloud, Oracle Cloud (classic), AWS over IPv6.
    private static readonly IPAddress[] Metadata = [IPAddress.Parse("100.100.100.200"), IPAddress.Parse("192.0.0.192"), IPAddress.Parse("fd00:ec2::254")];

    /// <summary>An IPv6 address that carries an IPv4 address (mapped, translated, tunnelled) reaches as far as that one.</summary>
    public static NetworkReach ReachOf(IPAddress address)
    {
        if (Array.Exists(Metadata, address.Equals)) return NetworkReach.Reserved;
        if (address.AddressFamily == AddressFamily.InterNetwork) return Version4(address.GetAddressBytes());
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Version6(address) : NetworkReach.Reserved;
    }

    private static NetworkReach Version4(byte[] bytes) => bytes switch
    {
        [10, ..] or [127, ..] or [172, >= 16 and < 32, ..] or [192, 168, ..] or [100, >= 64 and < 128, ..] => NetworkReach.Private,
        [0, ..] or [169, 254, ..] or [192, 0, 0, ..] or [192, 0, 2, ..] or [198, 18 or 19, ..] or [198, 51, 100, ..] or [203, 0, 113, ..] => NetworkReach.Reserved,
        [192, 88, 99, ..] or [>= 224, ..] => NetworkReach.Reserved,
        _ => NetworkReach.Public,
    };

    private static NetworkReach Version6(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (Embedded(address, bytes) is { } inner) return ReachOf(inner);
        return bytes switch
        {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] or [0xFC or 0xFD, ..] => NetworkReach.Private,
            [0x20, 0x01, 0x0D, 0xB8, ..] or [0x20, 0x01, < 2, ..] => NetworkReach.Reserved, // documentation; Teredo and other special blocks
            [>= 0x20 and < 0x40, ..] => NetworkReach.Public, // all that is assigned so far: 2000::/3
            _ => NetworkReach.Reserved,
        };
    }

    private static IPAddress? Embedded(IPAddress address, byte[] bytes)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (bytes is [0x20, 0x02, ..]) return new IPAddress(bytes[2..6]); // 6to4
        var isTranslated = BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x0064_FF9B && bytes.AsSpan(4, 8).IndexOfAnyExcept((byte)0) < 0; // NAT64
        return isTranslated ? new IPAddress(bytes[12..]) : null;
    }
}
