using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using R1Lab.Web.Https;

namespace R1Lab.Web.Tests.Https;

public sealed class CertificateWatchTests : IAsyncDisposable
{
    private readonly CertificateLab _lab = new();

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task Watch_AMinuteAfterAnAddressWasAdded_ServesIt()
    {
        using var watch = new CertificateWatch(_lab.Open(), _lab.Time, NullLogger<CertificateWatch>.Instance);
        await watch.StartAsync(TestContext.Current.CancellationToken);
        _lab.Names.Addresses.Add(IPAddress.Parse("10.0.0.5"));
        var before = _lab.Certificates.Served!.Names;

        var served = SpinWait.SpinUntil(() =>
        {
            _lab.Time.Advance(TimeSpan.FromSeconds(1)); // again and again: the service starts beside the test
            return _lab.Certificates.Served!.Names.Contains("10.0.0.5");
        }, TimeSpan.FromSeconds(60));

        Assert.True(served);
        Assert.DoesNotContain("10.0.0.5", before);
        await watch.StopAsync(TestContext.Current.CancellationToken);
    }
}
