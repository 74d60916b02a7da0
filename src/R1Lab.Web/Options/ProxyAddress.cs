using System.Net;

namespace R1Lab.Web.Options;

/// <summary>An entry of <c>Lab:Proxies</c>: one address (<c>10.0.0.5</c>) or a network (<c>10.0.0.0/24</c>).</summary>
public static class ProxyAddress
{
    /// <returns>Null for what is neither, and for a network of all addresses: that would trust everyone.</returns>
    public static IPNetwork? Parse(string? text)
    {
        if (IPAddress.TryParse(text, out var address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return IPNetwork.TryParse(text, out var network) && network.PrefixLength > 0 ? network : null;
    }
}
