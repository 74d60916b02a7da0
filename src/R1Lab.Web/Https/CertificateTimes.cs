using System.Security.Cryptography.X509Certificates;

namespace R1Lab.Web.Https;

/// <summary>A certificate's validity as points in time; the framework gives it in this machine's time zone.</summary>
internal static class CertificateTimes
{
    public static DateTimeOffset StartsAt(this X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime());

    public static DateTimeOffset EndsAt(this X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());
}
