using R1Lab.Web.Errors;

namespace R1Lab.Web.Https;

/// <summary>
/// Sends plain HTTP to HTTPS where the lab listens with both, and asks browsers to stay there (HSTS) when the certificate is the
/// operator's: with the lab's own authority a computer that does not trust it yet could not get past the warning.
/// </summary>
public static class HttpsFrontDoor
{
    private const string StrictTransportSecurity = "max-age=31536000";

    // What a computer needs before it trusts the lab, and what monitors ask; none of it is secret.
    private static readonly PathString[] OpenOverHttp = [CertificatePaths.Trust, CertificatePaths.Authority, "/health", "/css", "/js", "/favicon.svg", "/_content", "/account/language"];

    public static IApplicationBuilder UseHttpsFrontDoor(this IApplicationBuilder app)
    {
        var certificates = app.ApplicationServices.GetRequiredService<LabCertificates>();
        var address = app.ApplicationServices.GetRequiredService<HttpsAddress>();
        return app.Use((context, next) =>
        {
            if (context.Request.IsHttps && certificates.IsOperators && context.Request.Host.Host != "localhost")
                context.Response.Headers.StrictTransportSecurity = StrictTransportSecurity;
            if (Array.Exists(OpenOverHttp, open => context.Request.Path.StartsWithSegments(open, StringComparison.OrdinalIgnoreCase)) || address.For(context.Request) is not { } secure) return next(context);
            return Answer(context.Request, secure).ExecuteAsync(context);
        });
    }

    // A client that follows the redirect would have sent its key in the clear each time, and many drop the key on the way: say so instead.
    private static IResult Answer(HttpRequest request, string secure) => request.IsApi()
        ? ApiError.Forbidden($"This lab speaks HTTPS. Call {secure}; what was sent over plain HTTP, an API key too, could be read on the network.")
        : Results.Redirect(secure, permanent: false, preserveMethod: true);
}
