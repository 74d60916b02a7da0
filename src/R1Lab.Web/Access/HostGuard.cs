using System.Net;
using R1Lab.Web.Errors;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>
/// Refuses names that are not ours (a foreign page can point its own DNS name at this machine) and requests that a page of another
/// site sends with a visitor's cookie. Literal IP addresses cannot be taken over that way and are always ours.
/// </summary>
public static class HostGuard
{
    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    public static IApplicationBuilder UseHostGuard(this IApplicationBuilder app, LabOptions options)
    {
        var names = new HashSet<string>(options.AllowedHosts, StringComparer.OrdinalIgnoreCase) { "localhost", Environment.MachineName, $"{Environment.MachineName}.local" };
        return app.Use((context, next) => Refusal(context.Request, names) is { } reason
            ? ApiError.Refused(reason).ExecuteAsync(context)
            : next(context));
    }

    private static string? Refusal(HttpRequest request, HashSet<string> names)
    {
        if (!IsOurs(request.Host.Host, names))
            return $"The host name '{request.Host.Host}' is not one this lab answers to. Add it to Lab:AllowedHosts if it is yours.";
        return IsForeign(request) ? "This request comes from a page of another site (scheme, name and port must be this lab's own)." : null;
    }

    private static bool IsOurs(string host, HashSet<string> names) => names.Contains(host) || IPAddress.TryParse(host.Trim('[', ']'), out _);

    // A request with an API key does not ride on a cookie; reading pages (GET) from elsewhere is an ordinary link.
    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers.Origin.Count == 0 || ApiKeyHandler.IsUsedBy(request)) return false;
        var changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        var opensSocket = request.Headers.Upgrade.Count > 0 || request.HttpContext.WebSockets.IsWebSocketRequest;
        if (!changes && !opensSocket) return false;
        return request.Headers.Origin is not [{ } origin] || !Uri.TryCreate(origin, UriKind.Absolute, out var uri) || !IsOurOrigin(uri, request);
    }

    // Scheme, host and port, as browsers compare origins: another port of this machine may be another program, and plain HTTP another person.
    private static bool IsOurOrigin(Uri origin, HttpRequest request) =>
        origin.Scheme.Equals(request.Scheme, StringComparison.OrdinalIgnoreCase)
        && origin.Host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase)
        && origin.Port == (request.Host.Port ?? (request.IsHttps ? HttpsPort : HttpPort));
}
