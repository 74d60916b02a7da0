using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace R1Lab.Web.Https;

/// <summary>What a TLS handshake presents: the server's certificate with its key and the certificates between it and its root.</summary>
public sealed class ServedCertificate
{
    internal ServedCertificate(X509Certificate2 certificate, X509Certificate2Collection? intermediates = null)
    {
        Certificate = certificate;
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        Names = [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())))];
    }

    public X509Certificate2 Certificate { get; }

    public SslStreamCertificateContext Context { get; }

    /// <summary>DNS names first, then addresses, as the certificate lists them.</summary>
    public IReadOnlyList<string> Names { get; }

    public DateTimeOffset EndsAt => Certificate.EndsAt();
}

/// <summary>Where the lab's certificate comes from.</summary>
internal interface ICertificateSource
{
    /// <summary>The certificate to begin with.</summary>
    /// <exception cref="CertificateException">There is none that can be used.</exception>
    ServedCertificate Open();

    /// <summary>A newer certificate that should take the place of <paramref name="current"/>, or null to keep it.</summary>
    /// <exception cref="CertificateException">There is a newer one that cannot be used.</exception>
    ServedCertificate? Newer(ServedCertificate current);
}
