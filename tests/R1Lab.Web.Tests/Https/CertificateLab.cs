using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Web.Https;
using R1Lab.Web.Options;

namespace R1Lab.Web.Tests.Https;

/// <summary>Kestrel on 127.0.0.1 with the lab's certificates, a clock and addresses that the test moves. A restart keeps the folder.</summary>
internal sealed class CertificateLab : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public TestNames Names { get; } = new();

    public CollectedLog<LabCertificates> Log { get; } = new();

    public HttpsOptions Https { get; } = new();

    public IList<string> AllowedHosts { get; } = [];

    public string Folder => _folder.Path;

    public string AuthorityPath => Path.Combine(Folder, "https", "authority.pem");

    public LabCertificates Certificates { get; private set; } = default!;

    /// <summary>Opens the certificates as a start of the lab does, without listening.</summary>
    public LabCertificates Open()
    {
        var options = new LabOptions { DataFolder = Folder, Https = Https, AllowedHosts = AllowedHosts };
        Certificates = new LabCertificates(Microsoft.Extensions.Options.Options.Create(options), Names.Of(options), Time, Log);
        Certificates.Open();
        return Certificates;
    }

    /// <summary>Opens the certificates and listens.</summary>
    public async Task<Uri> ListenAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton(Open());
        builder.Services.AddRoutingCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.UseLabCertificates(builder.Configuration));
        builder.WebHost.UseUrls("https://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(context => context.Response.WriteAsync("answered"));
        await _app.StartAsync(TestContext.Current.CancellationToken);
        return new Uri(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        Certificates?.Dispose();
        _folder.Dispose();
    }

    /// <summary>A client that trusts this authority and no other, at the lab's time.</summary>
    public HttpClient Trusting(string authorityPem)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationTime = Time.GetUtcNow().UtcDateTime };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(authorityPem));
        return new HttpClient(new SocketsHttpHandler { SslOptions = new() { CertificateChainPolicy = policy } });
    }

    /// <summary>The certificate of a handshake, under any name and without trust.</summary>
    public static async Task<X509Certificate2> PresentedAsync(Uri address)
    {
        X509Certificate2? presented = null;
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    presented = X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData());
                    return presented is not null;
                },
            },
        });
        await client.GetStringAsync(address, TestContext.Current.CancellationToken);
        return presented!;
    }
}
