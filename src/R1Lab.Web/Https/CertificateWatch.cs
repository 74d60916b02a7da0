using System.Net.NetworkInformation;

namespace R1Lab.Web.Https;

/// <summary>Looks for a newer certificate every minute, and at once when this machine's addresses change.</summary>
public sealed class CertificateWatch(LabCertificates certificates, TimeProvider time, ILogger<CertificateWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changed = new SemaphoreSlim(0, 1);
        NetworkAddressChangedEventHandler notify = (_, _) => Signal(changed);
        await using var timer = time.CreateTimer(_ => Signal(changed), null, Interval, Interval);
        NetworkChange.NetworkAddressChanged += notify;
        try
        {
            while (true)
            {
                await changed.WaitAsync(stoppingToken);
                Refresh();
            }
        }
        catch (OperationCanceledException)
        {
            // The lab stops.
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= notify;
        }
    }

    private void Refresh()
    {
        try
        {
            certificates.Refresh();
        }
        catch (Exception failure)
        {
            log.LogError(failure, "Looking for a newer certificate failed; the present one stays in use.");
        }
    }

    // Several signals before the loop wakes are one.
    private static void Signal(SemaphoreSlim changed)
    {
        try
        {
            changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // A check is due already.
        }
        catch (ObjectDisposedException)
        {
            // The lab stops.
        }
    }
}
