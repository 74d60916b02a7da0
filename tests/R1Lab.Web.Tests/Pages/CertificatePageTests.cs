using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data.Access;
using R1Lab.Web.Components.Pages.Administration;
using R1Lab.Web.Https;
using R1Lab.Web.Options;
using R1Lab.Web.Tests.Https;

namespace R1Lab.Web.Tests.Pages;

public sealed class CertificatePageTests : PageTest
{
    private readonly LabCertificates _certificates;

    public CertificatePageTests()
    {
        var lab = new LabOptions { DataFolder = Folder };
        _certificates = new LabCertificates(Microsoft.Extensions.Options.Options.Create(lab), new TestNames().Of(lab), new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)), NullLogger<LabCertificates>.Instance);
        Services.AddSingleton(_certificates);
    }

    [Fact]
    public void Page_WithTheLabsOwnAuthority_ShowsNamesFingerprintAndEverySystem()
    {
        _certificates.Open();

        var page = Show<CertificatePage>();

        Assert.Equal("localhost, labbox, labbox.local, 127.0.0.1, 192.168.1.20, ::1", page.Find("[data-testid=certificate-names]").TextContent);
        Assert.Matches("^([0-9A-F]{2}:){31}[0-9A-F]{2}$", page.Find("[data-testid=fingerprint]").TextContent);
        Assert.All(["Windows", "MacOs", "Android", "IPhone", "Linux", "Firefox", "Programs"], system => Assert.NotEmpty(page.FindAll($"[data-testid=trust-{system}] li")));
    }

    [Theory]
    [InlineData(LabRoles.Admin, true)]
    [InlineData(LabRoles.Viewer, false)]
    public void Page_WithoutHttps_TellsAdministratorsHowToTurnItOn(string role, bool shown)
    {
        SignIn("somebody", role);

        var page = Show<CertificatePage>();

        page.Find("[data-testid=no-https]");
        Assert.Equal(shown, page.FindAll("ol li").Count > 0);
        Assert.Empty(page.FindAll("[data-testid=fingerprint]"));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) _certificates.Dispose();
    }
}
