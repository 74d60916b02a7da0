using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using R1Lab.Web.Options;

namespace R1Lab.Web.Https;

/// <summary>
/// The certificate this lab serves HTTPS with: the operator's, or one of the lab's own authority. It is replaced while the lab runs;
/// connections that stand keep theirs. Only the start and <see cref="CertificateWatch"/> call the verbs, one after the other.
/// </summary>
public sealed class LabCertificates : IDisposable
{
    private readonly ICertificateSource _source;
    private readonly ILogger<LabCertificates> _log;
    private volatile ServedCertificate? _served;
    private string? _lastProblem;

    public LabCertificates(IOptions<LabOptions> lab, LabNames names, TimeProvider time, ILogger<LabCertificates> log)
    {
        _log = log;
        _source = lab.Value.Https.IsOperators
            ? new OperatorCertificate(lab.Value.Https, names, time)
            : new LocalCertificates(lab.Value.HttpsFolder, names, time, log);
    }

    /// <summary>What handshakes present; null while the lab serves no HTTPS.</summary>
    public ServedCertificate? Served => _served;

    /// <summary>Whether the operator gave the certificate, so that browsers trust it without further steps.</summary>
    public bool IsOperators => _served is not null && _source is OperatorCertificate;

    /// <summary>The public certificate of the lab's own authority; null where it is not in use.</summary>
    public X509Certificate2? Authority => _served is null ? null : (_source as LocalCertificates)?.Authority?.Certificate;

    /// <summary>SHA-256 of the authority's certificate as browsers show it: AB:CD:…</summary>
    public string? AuthorityFingerprint => Authority is { } authority ? string.Join(':', authority.GetCertHash(HashAlgorithmName.SHA256).Select(part => part.ToString("X2"))) : null;

    /// <summary>Loads the certificate, or makes it.</summary>
    /// <exception cref="CertificateException">HTTPS was asked for and there is no certificate to serve it with.</exception>
    public void Open() => _served = _source.Open();

    /// <summary>Takes a newer certificate into use where there is one. What stands keeps being served when the newer one is refused.</summary>
    public void Refresh()
    {
        if (_served is not { } current) return;
        try
        {
            if (_source.Newer(current) is not { } newer) return;
            _served = newer;
            _lastProblem = null;
            _log.LogInformation("HTTPS now uses the certificate that ends on {End:yyyy-MM-dd}.", newer.EndsAt);
        }
        catch (Exception problem) when (problem is CertificateException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            if (problem.Message != _lastProblem) _log.LogError("HTTPS keeps the certificate that ends on {End:yyyy-MM-dd}. {Problem}", current.EndsAt, problem.Message);
            _lastProblem = problem.Message;
        }
    }

    public void Dispose() => (_source as IDisposable)?.Dispose();
}
