using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using R1Lab.Web.Https;

namespace R1Lab.Web.Tests.Https;

/// <summary>HTTPS with the operator's certificate: what is taken, what is refused and why, and its renewal in place.</summary>
public sealed class OperatorCertificateTests : IAsyncDisposable
{
    private readonly CertificateLab _lab = new();
    private readonly TestAuthority _authority;

    public OperatorCertificateTests()
    {
        _lab.AllowedHosts.Add("lab.example.org");
        _authority = new TestAuthority(_lab.Time.GetUtcNow());
    }

    public ValueTask DisposeAsync()
    {
        _authority.Dispose();
        return _lab.DisposeAsync();
    }

    [Theory]
    [InlineData("pem")]
    [InlineData("pem with key")]
    [InlineData("pem with encrypted key")]
    [InlineData("pfx")]
    [InlineData("p12 with password")]
    public async Task Handshake_WithTheOperatorsCertificate_SendsTheIntermediatesToo(string form)
    {
        Give(_authority.Issue(["lab.example.org", "localhost"]), form);
        var address = await _lab.ListenAsync();
        using var client = _lab.Trusting(_authority.RootPem);

        var answer = await client.GetStringAsync(new UriBuilder(address) { Host = "localhost" }.Uri, Cancel);

        Assert.Equal(("answered", true, null), (answer, _lab.Certificates.IsOperators, _lab.Certificates.Authority));
    }

    [Theory]
    [InlineData(-10, -1, "expired on 2026-02-28 12:00 UTC")]
    [InlineData(2, 10, "is valid only from 2026-03-03 12:00 UTC on; check this machine's clock")]
    public void Open_OutsideItsValidity_IsRefusedInWords(int from, int to, string reason)
    {
        Give(_authority.Issue(["lab.example.org"], from, to), "pem");

        var refused = Assert.Throws<CertificateException>(() => _lab.Open());

        Assert.Equal($"Lab:Https:Certificate {_lab.Https.Certificate} {reason}.", refused.Message);
    }

    [Theory]
    [InlineData("other.example.org", "is for other.example.org, but the lab answers to localhost, labbox, labbox.local, lab.example.org, 127.0.0.1, 192.168.1.20, ::1. Add the name to Lab:AllowedHosts")]
    [InlineData(null, "is for no name, but the lab answers to")]
    [InlineData("*.example.com", "is for *.example.com, but")]
    public void Open_ForNoNameOfTheLab_IsRefusedInWords(string? name, string reason)
    {
        Give(_authority.Issue(name is null ? [] : [name]), "pem");

        var refused = Assert.Throws<CertificateException>(() => _lab.Open());

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lab.example.org")]
    [InlineData("*.example.org")]
    [InlineData("192.168.1.20")]
    [InlineData("labbox.local")]
    public void Open_ForANameOfTheLab_IsTaken(string name)
    {
        Give(_authority.Issue([name]), "pem");

        _lab.Open();

        Assert.Equal([name], _lab.Certificates.Served!.Names);
    }

    [Theory]
    [InlineData("pfx without key", "holds no private key")]
    [InlineData("pem without key", "holds no private key; name the key's file in Lab:Https:CertificateKey")]
    [InlineData("key without key", "has no private key: ")]
    [InlineData("key of another", "cannot be used: ")]
    [InlineData("p12 with wrong password", "cannot be used: ")]
    [InlineData("pfx named pem", "holds no certificate in PEM form")]
    [InlineData("missing", "cannot be read: ")]
    public void Open_Unusable_IsRefusedInWords(string form, string reason)
    {
        Give(_authority.Issue(["lab.example.org"]), form);

        var refused = Assert.Throws<CertificateException>(() => _lab.Open());

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("Lab:Https:Certificate ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refresh_FilesReplaced_ServesTheNewOne()
    {
        Give(_authority.Issue(["localhost"]), "pem");
        var address = await _lab.ListenAsync();
        var before = await CertificateLab.PresentedAsync(address);
        var renewed = _authority.Issue(["localhost"]);
        Give(renewed, "pem");

        _lab.Certificates.Refresh();

        var after = await CertificateLab.PresentedAsync(address);
        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.Equal(renewed.Thumbprint, after.Thumbprint);
    }

    [Fact]
    public void Refresh_CertificateWrittenBeforeItsKey_WaitsForTheKey()
    {
        Give(_authority.Issue(["localhost"]), "pem");
        var first = _lab.Open().Served!;
        var renewed = _authority.Issue(["localhost"]);
        File.WriteAllText(_lab.Https.Certificate!, renewed.ExportCertificatePem());

        _lab.Certificates.Refresh();
        _lab.Certificates.Refresh();
        var between = _lab.Certificates.Served!;
        File.WriteAllText(_lab.Https.CertificateKey!, KeyOf(renewed));
        _lab.Certificates.Refresh();

        Assert.Same(first, between);
        Assert.Equal(renewed.Thumbprint, _lab.Certificates.Served!.Certificate.Thumbprint);
        Assert.Single(_lab.Log.Of(LogLevel.Error)); // once, not every minute
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("other name")]
    [InlineData("removed")]
    public void Refresh_ByOneThatIsRefused_KeepsTheOldOneAndSaysWhy(string replacement)
    {
        Give(_authority.Issue(["localhost"]), "pem");
        var first = _lab.Open().Served!;
        if (replacement == "removed") File.Delete(_lab.Https.Certificate!);
        else Give(replacement == "expired" ? _authority.Issue(["localhost"], -10, -1) : _authority.Issue(["other.example.org"]), "pem");

        _lab.Certificates.Refresh();

        Assert.Same(first, _lab.Certificates.Served);
        Assert.Contains("HTTPS keeps the certificate", Assert.Single(_lab.Log.Of(LogLevel.Error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refresh_LinkThatNowLeadsToAnotherFile_ServesTheNewOne()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        Give(_authority.Issue(["localhost"]), "pem with key");
        var (real, link) = (_lab.Https.Certificate!, Path.Combine(_lab.Folder, "fullchain.pem"));
        File.CreateSymbolicLink(link, real);
        _lab.Https.Certificate = link;
        await _lab.ListenAsync();
        var renewed = _authority.Issue(["localhost"]);
        var archived = Path.Combine(_lab.Folder, "fullchain2.pem");
        await File.WriteAllTextAsync(archived, renewed.ExportCertificatePem() + "\n" + KeyOf(renewed), Cancel);
        File.Delete(link);
        File.CreateSymbolicLink(link, archived);

        _lab.Certificates.Refresh();

        Assert.Equal(renewed.Thumbprint, _lab.Certificates.Served!.Certificate.Thumbprint);
    }

    private static string KeyOf(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    // Writes the certificate in this form and names the files in the settings.
    private void Give(X509Certificate2 certificate, string form)
    {
        var (pem, key) = (certificate.ExportCertificatePem() + "\n" + _authority.IntermediatePem, KeyOf(certificate));
        const string password = "secret words";
        var encrypted = certificate.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        switch (form)
        {
            case "pem": Set("lab.pem", pem, key); break;
            case "pem with key": Set("lab.pem", pem + "\n" + key); break;
            case "pem with encrypted key": (_lab.Https.CertificatePassword, _) = (password, Set("lab.pem", pem, encrypted)); break;
            case "pem without key": Set("lab.pem", pem); break;
            case "key without key": Set("lab.pem", pem, pem); break;
            case "key of another": Set("lab.pem", pem, KeyOf(_authority.Issue(["localhost"]))); break;
            case "missing": _lab.Https.Certificate = Path.Combine(_lab.Folder, "missing.pem"); break;
            default: GivePfx(certificate, form, password); break;
        }
    }

    private void GivePfx(X509Certificate2 certificate, string form, string password)
    {
        using var bare = X509CertificateLoader.LoadCertificate(certificate.RawData);
        X509Certificate2Collection all = [form.Contains("without key", StringComparison.Ordinal) ? bare : certificate, X509Certificate2.CreateFromPem(_authority.IntermediatePem)];
        _lab.Https.Certificate = Path.Combine(_lab.Folder, form == "pfx named pem" ? "lab.pem" : "lab." + form[..3]);
        var isProtected = form.Contains("password", StringComparison.Ordinal);
        File.WriteAllBytes(_lab.Https.Certificate, all.Export(X509ContentType.Pkcs12, isProtected ? password : null)!);
        if (isProtected) _lab.Https.CertificatePassword = form.Contains("wrong", StringComparison.Ordinal) ? "guess" : password;
    }

    private bool Set(string name, string certificate, string? key = null)
    {
        _lab.Https.Certificate = Path.Combine(_lab.Folder, name);
        _lab.Https.CertificateKey = key is null ? null : Path.Combine(_lab.Folder, "key.pem");
        File.WriteAllText(_lab.Https.Certificate, certificate);
        if (key is not null) File.WriteAllText(_lab.Https.CertificateKey!, key);
        return true;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
