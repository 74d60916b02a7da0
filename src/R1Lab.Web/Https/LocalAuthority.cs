using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace R1Lab.Web.Https;

/// <summary>
/// The lab's own certificate authority: an ECDSA P-256 key and its self-signed certificate in one PEM file. It is made once; people who
/// trusted it keep a working lab, so a file that cannot be read is reported and never replaced.
/// </summary>
public sealed class LocalAuthority : IDisposable
{
    /// <summary>The longest validity that every browser accepts in a server's certificate.</summary>
    public static readonly TimeSpan LongestLeaf = TimeSpan.FromDays(397);

    private const int Years = 10;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // Clocks of other computers may be behind.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    // Endings that no public site can have (RFC 6761, 6762, 8375; "internal" is reserved by ICANN), beside the lab's own names.
    private static readonly string[] PrivateEndings = ["localhost", "local", "lan", "internal", "home.arpa"];

    private readonly NameConstraints? _constraints;

    private LocalAuthority(X509Certificate2 certificate)
    {
        Certificate = certificate;
        _constraints = NameConstraints.Of(certificate);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The authority in this file; made now when there is no file.</summary>
    /// <exception cref="CertificateException">The file holds no usable authority.</exception>
    public static LocalAuthority Open(string path, LabNames names, DateTimeOffset now)
    {
        if (!Path.Exists(path)) Create(path, names, now);
        PrivateFile.Tighten(path);
        var authority = Read(path);
        var problem = authority.ProblemAt(now);
        return problem is null ? authority : throw Unusable(path, problem);
    }

    /// <summary>Whether this authority may sign the name. One made before the name was given to the lab may not.</summary>
    public bool Permits(string dnsName) => _constraints?.Permits(dnsName) ?? true;

    /// <summary>When a certificate issued now would end.</summary>
    public DateTimeOffset EndOfLeaf(DateTimeOffset now)
    {
        var end = now - ClockSkew + LongestLeaf;
        return end < Certificate.EndsAt() ? end : Certificate.EndsAt();
    }

    /// <summary>A server certificate with a new key for these names and addresses.</summary>
    public X509Certificate2 Issue(IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=R1Lab", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames) alternatives.AddDnsName(name);
        foreach (var address in addresses) alternatives.AddIpAddress(address);
        request.CertificateExtensions.Add(alternatives.Build());

        var start = now - ClockSkew < Certificate.StartsAt() ? Certificate.StartsAt() : now - ClockSkew;
        using var certificate = request.Create(Certificate, start, EndOfLeaf(now), RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Whether the certificate was signed with this authority's key.</summary>
    public bool Signed(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid; // the caller judges the time
        return chain.Build(certificate);
    }

    public void Dispose() => Certificate.Dispose();

    private static void Create(string path, LabNames names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The letters tell the authorities of two labs apart in a browser's list.
        var letters = RandomNumberGenerator.GetHexString(6, lowercase: true);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("R1Lab");
        subject.AddCommonName($"R1Lab local CA {letters}");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(new NameConstraints([.. PrivateEndings.Concat(names.Dns).Distinct()]).ToExtension());
        using var certificate = request.CreateSelfSigned(now - ClockSkew, now.AddYears(Years));
        PrivateFile.Write(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", overwrite: false);
    }

    private static LocalAuthority Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            return new LocalAuthority(PemCertificates.WithKey(text, text, null));
        }
        catch (Exception damaged) when (damaged is CryptographicException or ArgumentException or System.Formats.Asn1.AsnContentException)
        {
            throw Unusable(path, "is damaged", damaged);
        }
    }

    private string? ProblemAt(DateTimeOffset now)
    {
        if (Certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true }) return "holds no certificate authority";
        if (now > Certificate.EndsAt()) return $"ended on {Certificate.EndsAt():yyyy-MM-dd}";
        return now < Certificate.StartsAt() ? $"begins on {Certificate.StartsAt():yyyy-MM-dd}; check this machine's clock" : null;
    }

    private static CertificateException Unusable(string path, string problem, Exception? inner = null) => new(
        $"The lab's certificate authority {path} {problem}. Restore the file from a backup, or move it away to make a new authority, which every computer must then trust again.",
        inner);
}
