using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace R1Lab.Web.Https;

/// <summary>Certificates signed by the lab's own authority, for every name and address this machine has at the moment.</summary>
internal sealed class LocalCertificates(string folder, LabNames names, TimeProvider time, ILogger log) : ICertificateSource, IDisposable
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    // Near the authority's own end a new certificate would end no later than the old one.
    private static readonly TimeSpan WorthRenewing = TimeSpan.FromDays(1);

    private LocalAuthority? _authority;

    /// <summary>The authority; null before <see cref="Open"/>.</summary>
    public LocalAuthority? Authority => _authority;

    private string AuthorityPath => Path.Combine(folder, "authority.pem");

    private string LeafPath => Path.Combine(folder, "server.pem");

    public ServedCertificate Open()
    {
        _authority = LocalAuthority.Open(AuthorityPath, names, time.GetUtcNow());
        foreach (var name in names.Dns.Where(name => !_authority.Permits(name)))
        {
            log.LogWarning("The certificate leaves out {Name}: the lab's authority {Path} was made before the lab had this name and may not sign it. "
                + "Move the file away to make a new authority, which every computer must then trust again, or set Lab:Https:Certificate.", name, AuthorityPath);
        }

        return Stored() is { } stored && !IsDue(stored) ? stored : Issue();
    }

    public ServedCertificate? Newer(ServedCertificate current) => IsDue(current) ? Issue() : null;

    public void Dispose() => _authority?.Dispose();

    private bool IsDue(ServedCertificate current)
    {
        var now = time.GetUtcNow();
        var ends = now >= current.EndsAt - RenewBefore && _authority!.EndOfLeaf(now) > current.EndsAt + WorthRenewing;
        return ends || now < current.Certificate.StartsAt() || !current.Names.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(WantedNames());
    }

    private IEnumerable<string> WantedNames() => PermittedDns().Concat(names.Addresses().Select(address => address.ToString()));

    private IEnumerable<string> PermittedDns() => names.Dns.Where(_authority!.Permits);

    private ServedCertificate Issue()
    {
        IReadOnlyList<IPAddress> addresses = names.Addresses();
        var certificate = _authority!.Issue([.. PermittedDns()], addresses, time.GetUtcNow());
        using var key = certificate.GetECDsaPrivateKey()!;
        PrivateFile.Write(LeafPath, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", overwrite: true);
        var issued = new ServedCertificate(certificate);
        log.LogInformation("Issued a certificate for {Names}, valid until {End:yyyy-MM-dd}.", string.Join(", ", issued.Names), issued.EndsAt);
        return issued;
    }

    // The certificate of the last start, so that a restart changes nothing that a browser has seen. It is worth nothing else: a damaged
    // file, or one of another authority, is replaced.
    private ServedCertificate? Stored()
    {
        if (!File.Exists(LeafPath)) return null;
        try
        {
            var text = File.ReadAllText(LeafPath);
            var stored = PemCertificates.WithKey(text, text, null);
            return _authority!.Signed(stored) ? new ServedCertificate(stored) : null;
        }
        catch (Exception damaged) when (damaged is CryptographicException or ArgumentException)
        {
            return null;
        }
    }
}
