namespace R1Lab.Web.Https;

/// <summary>Addresses around trusting the lab's certificate authority; they answer without a sign-in.</summary>
public static class CertificatePaths
{
    /// <summary>The page with the steps for each system.</summary>
    public const string Trust = "/trust";

    /// <summary>The authority's public certificate (PEM).</summary>
    public const string Authority = "/lab-ca.crt";

    /// <summary>The certificate in use, for signed-in users.</summary>
    public const string State = "/system/certificate";
}
