using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using R1Lab.Web.Options;

namespace R1Lab.Web.Https;

/// <summary>Where plain HTTP is sent to when the lab also listens with HTTPS.</summary>
public sealed class HttpsAddress(IServer server)
{
    private readonly Lazy<int?> _port = new(() => Port(server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []));

    /// <summary>The same page with HTTPS, or null where plain HTTP is to be answered. Call it only once the lab listens.</summary>
    public string? For(HttpRequest request)
    {
        if (request.IsHttps || _port.Value is not { } port) return null;
        var host = port == 443 ? new HostString(request.Host.Host) : new HostString(request.Host.Host, port);
        return $"https://{host.ToUriComponent()}{request.PathBase.ToUriComponent()}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}";
    }

    // Plain HTTP on this machine alone, beside HTTPS for the network, is meant for local programs and proxies: it stays.
    /// <summary>The port that plain HTTP is sent to, for these addresses.</summary>
    public static int? Port(IEnumerable<string> addresses)
    {
        var bindings = addresses.Select(address => (Address: address, Binding: Microsoft.AspNetCore.Http.BindingAddress.Parse(address))).ToList();
        var secure = bindings.Where(one => one.Binding.Scheme == "https").OrderBy(one => ListenAddresses.IsLoopback(one.Address)).ToList();
        var plainIsOpen = bindings.Any(one => one.Binding.Scheme == "http" && !ListenAddresses.IsLoopback(one.Address));
        if (secure.Count == 0) return null;
        return plainIsOpen || ListenAddresses.IsLoopback(secure[0].Address) ? secure[0].Binding.Port : null;
    }
}
