using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using R1Lab.Web.Options;

namespace R1Lab.Web.Https;

/// <summary>
/// A certificate given by the operator: a PFX file, or PEM with the key in the same file or in one of its own. The files are read again
/// when their content changes, as certbot and other clients of a certificate authority renew them in place.
/// </summary>
internal sealed class OperatorCertificate(HttpsOptions options, LabNames names, TimeProvider time) : ICertificateSource
{
    private byte[] _content = [];

    private string CertificatePath => options.Certificate!;

    private string KeyPath => string.IsNullOrWhiteSpace(options.CertificateKey) ? CertificatePath : options.CertificateKey;

    private bool IsPfx => Path.GetExtension(CertificatePath).ToLowerInvariant() is ".pfx" or ".p12";

    public ServedCertificate Open()
    {
        var content = ReadFiles();
        var opened = Checked(Load(content));
        _content = Digest(content);
        return opened;
    }

    // Content that was refused is tried again each time: certificate and key of one renewal are two writes.
    public ServedCertificate? Newer(ServedCertificate current) => Digest(ReadFiles()).SequenceEqual(_content) ? null : Open();

    private static byte[] Digest((byte[] Certificate, byte[] Key) content) => SHA256.HashData([.. SHA256.HashData(content.Certificate), .. SHA256.HashData(content.Key)]);

    private (byte[] Certificate, byte[] Key) ReadFiles()
    {
        try
        {
            var certificate = File.ReadAllBytes(CertificatePath);
            return (certificate, KeyPath == CertificatePath ? certificate : File.ReadAllBytes(KeyPath));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"Lab:Https:Certificate cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private ServedCertificate Load((byte[] Certificate, byte[] Key) content)
    {
        try
        {
            return IsPfx ? LoadPfx(content.Certificate) : LoadPem(content);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw Refused($"cannot be used: {wrong.Message}", wrong);
        }
    }

    private ServedCertificate LoadPfx(byte[] content)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(content, options.CertificatePassword);
        var server = all.FirstOrDefault(one => one.HasPrivateKey) ?? throw Refused("holds no private key");
        all.Remove(server);
        return new ServedCertificate(server, all);
    }

    private ServedCertificate LoadPem((byte[] Certificate, byte[] Key) content)
    {
        var pem = System.Text.Encoding.UTF8.GetString(content.Certificate);
        var key = System.Text.Encoding.UTF8.GetString(content.Key);
        if (!pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal)) throw Refused("holds no certificate in PEM form (a PFX file must end in .pfx or .p12)");
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw Refused(KeyPath == CertificatePath ? "holds no private key; name the key's file in Lab:Https:CertificateKey" : $"has no private key: {KeyPath} holds none");
        var server = PemCertificates.WithKey(pem, key, options.CertificatePassword);
        var intermediates = new X509Certificate2Collection();
        intermediates.ImportFromPem(pem);
        foreach (var same in intermediates.Where(one => one.RawDataMemory.Span.SequenceEqual(server.RawDataMemory.Span)).ToList()) intermediates.Remove(same);
        return new ServedCertificate(server, intermediates);
    }

    private ServedCertificate Checked(ServedCertificate served)
    {
        var (now, certificate) = (time.GetUtcNow(), served.Certificate);
        if (now > certificate.EndsAt()) throw Refused($"expired on {certificate.EndsAt():yyyy-MM-dd HH:mm} UTC");
        if (now < certificate.StartsAt()) throw Refused($"is valid only from {certificate.StartsAt():yyyy-MM-dd HH:mm} UTC on; check this machine's clock");
        if (!served.Names.Any(IsOurs)) throw Refused($"is for {(served.Names.Count == 0 ? "no name" : string.Join(", ", served.Names))}, but the lab answers to "
            + $"{string.Join(", ", names.Dns.Concat(names.Addresses().Select(address => address.ToString())))}. Add the name to Lab:AllowedHosts");
        return served;

        bool IsOurs(string _) => names.Dns.Any(name => certificate.MatchesHostname(name)) || names.Addresses().Any(address => certificate.MatchesHostname(address.ToString()));
    }

    private CertificateException Refused(string problem, Exception? inner = null) => new($"Lab:Https:Certificate {CertificatePath} {problem}.", inner);
}
