using System.Security.Cryptography.X509Certificates;

namespace R1Lab.Web.Https;

/// <summary>Certificates with their private keys from PEM text.</summary>
internal static class PemCertificates
{
    /// <summary>The first certificate of the text with its key.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">Certificate or key is missing or damaged, or they do not belong together.</exception>
    public static X509Certificate2 WithKey(string certificatePem, string keyPem, string? password)
    {
        var certificate = string.IsNullOrEmpty(password)
            ? X509Certificate2.CreateFromPem(certificatePem, keyPem)
            : X509Certificate2.CreateFromEncryptedPem(certificatePem, keyPem, password);
        if (!OperatingSystem.IsWindows()) return certificate;
        using (certificate) return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null); // SChannel takes no ephemeral key
    }
}
