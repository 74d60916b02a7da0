using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace R1Lab.Web.Tests.Https;

/// <summary>The whole program with HTTP and HTTPS on 127.0.0.1, seen by a client that trusts only the authority the lab gives out.</summary>
public sealed partial class HttpsProgramTests(HttpsProgram lab) : IClassFixture<HttpsProgram>, IDisposable
{
    private readonly TemporaryFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Authority_FetchedOverPlainHttp_IsWhatMakesHttpsTrusted()
    {
        using var client = await TrustingAsync();

        var page = await client.GetAsync(new Uri(Secure, "/account/sign-in"), Cancel);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.All(page.Headers.GetValues("Set-Cookie"), cookie => Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.False(page.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Fingerprint_OfTheAuthority_IsTheSameInFilePageAndConsole()
    {
        using var authority = X509Certificate2.CreateFromPem(await lab.Program.Client.GetStringAsync("/lab-ca.crt", Cancel));
        var expected = string.Join(':', authority.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).Chunk(2).Select(pair => new string(pair)));

        var page = await lab.Program.Client.GetStringAsync("/trust", Cancel);

        Assert.Contains($">{expected}</code>", page, StringComparison.Ordinal);
        Assert.Contains(expected, await lab.Program.WaitForAsync("fingerprint"), StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authority_ForBrowsers_HasItsOwnTypeAndHoldsNoKey()
    {
        using var answer = await lab.Program.Client.GetAsync("/lab-ca.crt", Cancel);

        Assert.Equal("application/x-x509-ca-cert", answer.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("PRIVATE", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/account/sign-in?returnUrl=%2Fruns", HttpStatusCode.TemporaryRedirect)]
    [InlineData("/", HttpStatusCode.TemporaryRedirect)]
    [InlineData("/api/v1/runs", HttpStatusCode.Forbidden)]
    [InlineData("/v1/models", HttpStatusCode.Forbidden)]
    [InlineData("/trust", HttpStatusCode.OK)]
    [InlineData("/trust/", HttpStatusCode.OK)]
    [InlineData("/lab-ca.crt", HttpStatusCode.OK)]
    [InlineData("/health", HttpStatusCode.OK)]
    [InlineData("/css/lab.css", HttpStatusCode.OK)]
    public async Task PlainHttp_BesideHttps_IsSentThere(string path, HttpStatusCode expected)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = lab.Program.Client.BaseAddress };

        using var answer = await client.GetAsync(path, Cancel);

        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.TemporaryRedirect) Assert.Equal(new Uri(Secure, path), answer.Headers.Location);
        if (expected == HttpStatusCode.Forbidden) Assert.Contains(new Uri(Secure, path).ToString(), await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithTheOperatorsCertificate_AsksBrowsersToStayWithHttps()
    {
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        using var certificate = authority.Issue(["127.0.0.1"]);
        var (pem, key) = (Path.Combine(_files.Path, "lab.pem"), Path.Combine(_files.Path, "lab.key"));
        await File.WriteAllTextAsync(pem, certificate.ExportCertificatePem() + "\n" + authority.IntermediatePem, Cancel);
        await File.WriteAllTextAsync(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancel);
        await using var program = await HttpsProgram.StartAsync(new() { ["Lab__Https__Certificate"] = pem, ["Lab__Https__CertificateKey"] = key });
        using var client = Trusting(authority.RootPem);

        using var secure = await client.GetAsync(new Uri(SecureOf(program), "/account/sign-in"), Cancel);
        using var plain = await program.Client.GetAsync("/trust", Cancel);

        Assert.Equal("max-age=31536000", secure.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.False(plain.Headers.Contains("Strict-Transport-Security"));
        Assert.Equal(HttpStatusCode.NotFound, (await program.Client.GetAsync("/lab-ca.crt", Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("authority", "The lab's certificate authority ")]
    [InlineData("operator", "Lab:Https:Certificate ")]
    public async Task Start_WithADamagedCertificate_EndsWithOneSentence(string kind, string expected)
    {
        var damaged = Path.Combine(Directory.CreateDirectory(Path.Combine(_files.Path, "https")).FullName, "authority.pem");
        await File.WriteAllTextAsync(damaged, "damaged", Cancel);
        Dictionary<string, string> settings = new() { ["Lab__DataFolder"] = _files.Path };
        if (kind == "operator") settings["Lab__Https__Certificate"] = damaged;

        var ended = await Assert.ThrowsAsync<InvalidOperationException>(() => HttpsProgram.StartAsync(settings));

        Assert.Contains($"R1Lab cannot start: {expected}{damaged} ", ended.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Message, StringComparison.Ordinal);
        Assert.Equal("damaged", await File.ReadAllTextAsync(damaged, Cancel));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Uri Secure => SecureOf(lab.Program);

    private static Uri SecureOf(BuiltProgram program) => new(SecureAddress().Match(program.Output).Value);

    private async Task<HttpClient> TrustingAsync() => Trusting(await lab.Program.Client.GetStringAsync("/lab-ca.crt", Cancel));

    private static HttpClient Trusting(string authorityPem)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(authorityPem));
        return new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = new() { CertificateChainPolicy = policy } });
    }

    [GeneratedRegex(@"https://127\.0\.0\.1:\d+", RegexOptions.None, 1000)]
    private static partial Regex SecureAddress();
}
