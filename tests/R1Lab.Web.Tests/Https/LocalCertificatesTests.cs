using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using R1Lab.Web.Https;

namespace R1Lab.Web.Tests.Https;

/// <summary>HTTPS with the lab's own authority, by real handshakes.</summary>
public sealed class LocalCertificatesTests : IAsyncDisposable
{
    private readonly CertificateLab _lab = new();

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Handshake_ByAClientThatTrustsTheAuthority_Succeeds(string host)
    {
        var address = await _lab.ListenAsync();
        using var client = _lab.Trusting(_lab.Certificates.Authority!.ExportCertificatePem());

        var answer = await client.GetStringAsync(new UriBuilder(address) { Host = host }.Uri, Cancel);

        Assert.Equal("answered", answer);
    }

    [Fact]
    public async Task Handshake_ByAClientThatTrustsAnotherAuthority_Fails()
    {
        await using var other = new CertificateLab();
        var address = await _lab.ListenAsync();
        using var client = _lab.Trusting(other.Open().Authority!.ExportCertificatePem());

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(address, Cancel));

        Assert.IsType<AuthenticationException>(refused.InnerException);
    }

    [Fact]
    public void Open_FirstTime_NamesTheMachineAndEveryAddress()
    {
        _lab.AllowedHosts.Add("lab.internal");
        _lab.Names.Addresses.Add(IPAddress.Parse("fe80::1%3"));

        var names = _lab.Open().Served!.Names;

        Assert.Equal(["localhost", "labbox", "labbox.local", "lab.internal", "127.0.0.1", "192.168.1.20", "::1", "fe80::1"], names);
    }

    [Fact]
    public void Open_FirstTime_MakesFilesOfTheOwnerAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        _lab.Open();

        var modes = Directory.EnumerateFiles(Path.Combine(_lab.Folder, "https")).Select(ModeOf);

        Assert.Equal(Enumerable.Repeat(UnixFileMode.UserRead | UnixFileMode.UserWrite, 2), modes);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, ModeOf(Path.Combine(_lab.Folder, "https")));
    }

    [Fact]
    public void Open_Again_KeepsAuthorityAndCertificate()
    {
        var (authority, leaf) = (_lab.Open().AuthorityFingerprint, _lab.Certificates.Served!.Certificate.Thumbprint);
        _lab.Certificates.Dispose();

        _lab.Open();

        Assert.Equal((authority, leaf), (_lab.Certificates.AuthorityFingerprint, _lab.Certificates.Served!.Certificate.Thumbprint));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData(null)] // cut off within the key
    public void Open_DamagedAuthority_IsRefusedInWordsAndLeftAlone(string? content)
    {
        _lab.Open().Dispose();
        var whole = File.ReadAllText(_lab.AuthorityPath);
        var damaged = content ?? whole[..(whole.IndexOf("BEGIN PRIVATE KEY", StringComparison.Ordinal) + 40)];
        File.WriteAllText(_lab.AuthorityPath, damaged);

        var refused = Assert.Throws<CertificateException>(() => _lab.Open());

        Assert.Contains($"authority {_lab.AuthorityPath} is damaged. Restore the file from a backup", refused.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, File.ReadAllText(_lab.AuthorityPath));
    }

    [Fact]
    public void Open_AuthorityAndKeyOfDifferentLabs_IsRefused()
    {
        using var other = new TemporaryFolder();
        _lab.Open().Dispose();
        var mine = File.ReadAllText(_lab.AuthorityPath);
        File.Delete(_lab.AuthorityPath);
        _lab.Open().Dispose();
        var key = mine[mine.IndexOf("-----BEGIN PRIVATE KEY", StringComparison.Ordinal)..];
        var foreign = File.ReadAllText(_lab.AuthorityPath);
        File.WriteAllText(_lab.AuthorityPath, foreign[..foreign.IndexOf("-----BEGIN PRIVATE KEY", StringComparison.Ordinal)] + key);

        Assert.Throws<CertificateException>(() => _lab.Open());
    }

    [Fact]
    public void Open_ServerCertificateInPlaceOfTheAuthority_IsRefused()
    {
        _lab.Open().Dispose();
        File.Copy(Path.Combine(_lab.Folder, "https", "server.pem"), _lab.AuthorityPath, overwrite: true);

        var refused = Assert.Throws<CertificateException>(() => _lab.Open());

        Assert.Contains("holds no certificate authority", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AuthorityReadableByOthers_IsTightened()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        _lab.Open().Dispose();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_lab.AuthorityPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        _lab.Open();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(_lab.AuthorityPath));
    }

    [Theory]
    [InlineData("not a certificate")]
    [InlineData("")]
    public void Open_DamagedServerCertificate_IsIssuedAgain(string content)
    {
        var authority = _lab.Open().AuthorityFingerprint;
        _lab.Certificates.Dispose();
        File.WriteAllText(Path.Combine(_lab.Folder, "https", "server.pem"), content);

        var names = _lab.Open().Served!.Names;

        Assert.Equal(authority, _lab.Certificates.AuthorityFingerprint);
        Assert.Contains("192.168.1.20", names);
    }

    [Fact]
    public void Open_ServerCertificateOfAnEarlierAuthority_IsIssuedAgain()
    {
        var leaf = _lab.Open().Served!.Certificate.Thumbprint;
        _lab.Certificates.Dispose();
        File.Delete(_lab.AuthorityPath);

        _lab.Open();

        Assert.NotEqual(leaf, _lab.Certificates.Served!.Certificate.Thumbprint);
        Assert.Equal(_lab.Certificates.Authority!.Subject, _lab.Certificates.Served!.Certificate.Issuer);
    }

    [Fact]
    public async Task Refresh_AddressAdded_IsServedFromTheNextHandshakeOn()
    {
        var address = await _lab.ListenAsync();
        var before = await CertificateLab.PresentedAsync(address);
        _lab.Names.Addresses.Add(IPAddress.Parse("10.0.0.5"));

        _lab.Certificates.Refresh();

        var after = await CertificateLab.PresentedAsync(address);
        Assert.Equal((false, true), (before.MatchesHostname("10.0.0.5"), after.MatchesHostname("10.0.0.5")));
        using var client = _lab.Trusting(_lab.Certificates.Authority!.ExportCertificatePem());
        Assert.Equal("answered", await client.GetStringAsync(address, Cancel));
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(29, true)]
    [InlineData(-3, true)] // the machine was asleep over the end
    public void Refresh_BeforeTheEnd_RenewsFromThirtyDaysOn(int daysLeft, bool renewed)
    {
        var first = _lab.Open().Served!;
        _lab.Time.SetUtcNow(first.EndsAt - TimeSpan.FromDays(daysLeft));

        _lab.Certificates.Refresh();

        var now = _lab.Certificates.Served!;
        Assert.Equal(renewed, now.Certificate.Thumbprint != first.Certificate.Thumbprint);
        Assert.True(now.EndsAt > _lab.Time.GetUtcNow());
    }

    [Fact]
    public void Refresh_NothingChanged_KeepsTheCertificate()
    {
        var first = _lab.Open().Served!;
        _lab.Time.Advance(TimeSpan.FromDays(1));

        _lab.Certificates.Refresh();

        Assert.Same(first, _lab.Certificates.Served);
    }

    [Fact]
    public void Served_Certificate_LivesAtMost397DaysAndWithinItsAuthority()
    {
        var end = _lab.Open().Authority!.NotAfter;
        var longest = Enumerable.Range(0, 4000).Where(day => day % 300 == 0 || day > 3640).Select(day =>
        {
            _lab.Time.SetUtcNow(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddDays(day));
            _lab.Certificates.Refresh();
            return _lab.Certificates.Served!.Certificate;
        }).ToList();

        Assert.All(longest, leaf => Assert.True(leaf.NotAfter - leaf.NotBefore <= TimeSpan.FromDays(397) && leaf.NotAfter <= end));
    }

    [Fact]
    public void Open_AfterTheAuthorityEnded_IsRefusedInWords()
    {
        _lab.Open().Dispose();
        _lab.Time.Advance(TimeSpan.FromDays(3660));

        var refused = Assert.Throws<CertificateException>(() => _lab.Open());

        Assert.Contains("ended on 2036-03-01", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NameGivenAfterTheAuthorityWasMade_IsLeftOutAndReported()
    {
        _lab.Open().Dispose();
        _lab.AllowedHosts.Add("lab.example.org");

        var names = _lab.Open().Served!.Names;

        Assert.DoesNotContain("lab.example.org", names);
        Assert.Contains("leaves out lab.example.org", Assert.Single(_lab.Log.Of(LogLevel.Warning)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("labbox", true)]
    [InlineData("other.local", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("2001:db8::7", true)]
    [InlineData("www.example.com", false)]
    [InlineData("notlabbox", false)]
    public void Authority_SigningANameOfAnotherSite_IsNotTrusted(string name, bool trusted)
    {
        _lab.Open();
        using var authority = LocalAuthority.Open(_lab.AuthorityPath, _lab.Names.Of(new()), _lab.Time.GetUtcNow());
        using var leaf = IPAddress.TryParse(name, out var ip) ? authority.Issue([], [ip], _lab.Time.GetUtcNow()) : authority.Issue([name], [], _lab.Time.GetUtcNow());
        using var chain = new X509Chain();
        chain.ChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationTime = _lab.Time.GetUtcNow().UtcDateTime };
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);

        var built = chain.Build(leaf);

        Assert.Equal(trusted, built);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);
}
