using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using R1Lab.Web.Options;
using IPNetwork = System.Net.IPNetwork;

namespace R1Lab.Web.Access;

/// <summary>
/// Reads <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> from the proxies in <c>Lab:Proxies</c> and from no one else. Of a chain of
/// addresses the last one that is not a trusted proxy is the client: what stands before it came from the client and proves nothing.
/// </summary>
public static partial class TrustedProxies
{
    private static readonly string[] Headers = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"];

    public static IReadOnlyList<IPNetwork> Of(LabOptions lab) => [.. lab.Proxies.Select(ProxyAddress.Parse).OfType<IPNetwork>()];

    public static bool Contains(this IReadOnlyList<IPNetwork> proxies, IPAddress? address)
    {
        if (address is null) return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return proxies.Any(proxy => proxy.Contains(plain));
    }

    // After everything else that sets these options: ASPNETCORE_FORWARDEDHEADERS_ENABLED alone would trust any sender.
    public static IServiceCollection AddTrustedProxies(this IServiceCollection services, LabOptions lab) =>
        services.PostConfigure<ForwardedHeadersOptions>(options =>
        {
            var proxies = Of(lab);
            options.ForwardedHeaders = proxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            options.ForwardLimit = null;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var proxy in proxies) options.KnownIPNetworks.Add(proxy);
        });

    /// <summary>Takes over what trusted proxies say; says once in the log that forwarded headers came from elsewhere.</summary>
    public static void UseTrustedProxies(this WebApplication app, LabOptions lab)
    {
        var proxies = Of(lab);
        var warned = 0;
        app.Use((context, next) =>
        {
            var sender = context.Connection.RemoteIpAddress;
            if (Volatile.Read(ref warned) == 0 && Headers.Any(context.Request.Headers.ContainsKey) && !proxies.Contains(sender) && Interlocked.Exchange(ref warned, 1) == 0)
                NotTrusted(app.Logger, sender);
            return next(context);
        });
        app.UseForwardedHeaders();
    }

    [LoggerMessage(LogLevel.Warning, "A request from {Sender} carries forwarded headers, which are not followed. If this is your proxy, name its address in Lab:Proxies.")]
    private static partial void NotTrusted(ILogger log, IPAddress? sender);
}
