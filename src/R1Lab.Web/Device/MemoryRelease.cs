using R1Lab.Engine.Native;

namespace R1Lab.Web.Device;

/// <summary>Once a minute, gives memory that runs and answers have freed back to the system.</summary>
public sealed class MemoryRelease(TimeProvider time, ILogger<MemoryRelease> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) GiveBack();
    }

    private void GiveBack()
    {
        try
        {
            FreedMemory.GiveBack();
        }
        catch (Exception error)
        {
            log.LogError(error, "Freed memory could not be given back; tried again in a minute.");
        }
    }
}
