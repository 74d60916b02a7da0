namespace R1Lab.Web.Https;

/// <summary>The authority's public certificate for everyone: a computer needs it before it can trust the lab.</summary>
public static class CertificateEndpoints
{
    // The type with which browsers offer to install an authority instead of showing text.
    private const string AuthorityType = "application/x-x509-ca-cert";

    public static void MapCertificate(this IEndpointRouteBuilder app) =>
        app.MapGet(CertificatePaths.Authority, Authority).AllowAnonymous().ExcludeFromDescription();

    private static IResult Authority(LabCertificates certificates, HttpResponse response)
    {
        if (certificates.Authority is not { } authority) return Results.Text("This lab has no certificate authority of its own.\n", statusCode: StatusCodes.Status404NotFound);
        response.Headers.CacheControl = "no-cache";
        return Results.Text(authority.ExportCertificatePem() + "\n", AuthorityType);
    }
}
