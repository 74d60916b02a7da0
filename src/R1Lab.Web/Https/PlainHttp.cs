using System.Net;

namespace R1Lab.Web.Https;

/// <summary>Whether others on the network can read what a request and its answer say.</summary>
public static class PlainHttp
{
    /// <summary>Plain HTTP from another machine. What a trusted proxy received with HTTPS counts as HTTPS.</summary>
    public static bool IsExposed(HttpContext context) =>
        !context.Request.IsHttps && context.Connection.RemoteIpAddress is { } remote && !IsThisMachine(remote);

    private static bool IsThisMachine(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
