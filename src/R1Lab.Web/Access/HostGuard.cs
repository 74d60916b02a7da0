using System.Net;
using R1Lab.Web.Api;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>
/// Refuses names that are not ours (a foreign page can point its own DNS name at this machine) and requests that a page of another
/// site sends with a visitor's cookie. Literal IP addresses cannot be taken over that way and are always ours.
/// </summary>
public static class HostGuard
{
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
        return IsForeign(request) ? "This request comes from a page of another site." : null;
    }

    private static bool IsOurs(string host, HashSet<string> names) => names.Contains(host) || IPAddress.TryParse(host.Trim('[', ']'), out _);

    // A request with its own Authorization header does not ride on a cookie; reading pages (GET) from elsewhere is an ordinary link.
    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers.Origin is not [{ Length: > 0 } origin] || request.Headers.Authorization.Count > 0) return false;
        var changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        var opensSocket = request.Headers.Upgrade.Count > 0 || request.HttpContext.WebSockets.IsWebSocketRequest;
        if (!changes && !opensSocket) return false;
        return !Uri.TryCreate(origin, UriKind.Absolute, out var uri) || !uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
