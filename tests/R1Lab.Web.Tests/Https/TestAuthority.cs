using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace R1Lab.Web.Tests.Https;

/// <summary>A public authority as operators use them: a root that clients trust, and an intermediate that signs.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly DateTimeOffset _now;
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    public TestAuthority(DateTimeOffset now)
    {
        _now = now;
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Request("CN=Root", rootKey, isAuthority: true).CreateSelfSigned(now.AddYears(-1), now.AddYears(5));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Request("CN=Intermediate", key, isAuthority: true).Create(_root, now.AddYears(-1), now.AddYears(4), [1]);
        _intermediate = signed.CopyWithPrivateKey(key);
    }

    public string RootPem => _root.ExportCertificatePem();

    public string IntermediatePem => _intermediate.ExportCertificatePem();

    /// <summary>A server certificate for these names and addresses, valid between so many days from now.</summary>
    public X509Certificate2 Issue(string[] names, int fromDay = -1, int toDay = 90)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request("CN=Server", key, isAuthority: false);
        if (names.Length > 0) request.CertificateExtensions.Add(Alternatives(names));
        using var signed = request.Create(_intermediate, _now.AddDays(fromDay), _now.AddDays(toDay), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        return request;
    }

    private static X509Extension Alternatives(string[] names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) builder.AddIpAddress(address);
            else builder.AddDnsName(name);
        }

        return builder.Build();
    }
}
