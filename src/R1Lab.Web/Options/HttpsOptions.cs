namespace R1Lab.Web.Options;

/// <summary>A certificate given by the operator; without one, <c>https://</c> addresses use the lab's own certificate authority.</summary>
public sealed record HttpsOptions
{
    /// <summary>A PFX file, or PEM with the server's certificate first. A relative path starts at the content root.</summary>
    public string? Certificate { get; set; }

    /// <summary>The PEM file with the private key, when it is not in the certificate's own file.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>Opens an encrypted PFX or key.</summary>
    public string? CertificatePassword { get; set; }

    internal bool IsOperators => !string.IsNullOrWhiteSpace(Certificate);

    internal IEnumerable<string> Problems()
    {
        if (!IsOperators && !string.IsNullOrWhiteSpace(CertificateKey)) yield return "Lab:Https:CertificateKey names a key, but Lab:Https:Certificate names no certificate.";
        if (IsOperators && !File.Exists(Certificate)) yield return $"Lab:Https:Certificate names {Certificate}, which is no file.";
        if (!string.IsNullOrWhiteSpace(CertificateKey) && !File.Exists(CertificateKey)) yield return $"Lab:Https:CertificateKey names {CertificateKey}, which is no file.";
    }

    internal void MakeAbsolute(string root)
    {
        if (IsOperators) Certificate = Path.GetFullPath(Certificate!, root);
        if (!string.IsNullOrWhiteSpace(CertificateKey)) CertificateKey = Path.GetFullPath(CertificateKey, root);
    }
}
