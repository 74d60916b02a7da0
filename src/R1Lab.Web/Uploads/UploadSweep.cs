using R1Lab.Data.Access;
using R1Lab.Data.Datasets;

namespace R1Lab.Web.Uploads;

/// <summary>Removes uploads that no one continues: a day without a piece, or the owner's account is gone.</summary>
public sealed partial class UploadSweep(UploadStore uploads, UploadFolder folder, TimeProvider time, ILogger<UploadSweep> log) : BackgroundService
{
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <returns>How many were removed.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var stale = await uploads.StaleAsync(time.GetUtcNow() - KeptFor, cancellationToken);
        foreach (var session in stale) await folder.RemoveAsync(Actor.System("sweep of uploads"), session, cancellationToken);
        return stale.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (await SweepAsync(stoppingToken) is > 0 and var removed) Removed(log, removed);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Failed(log, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Information, "Removed {Count} uploads that no one continued")]
    private static partial void Removed(ILogger log, int count);

    [LoggerMessage(LogLevel.Error, "Old uploads could not be removed; tried again in an hour")]
    private static partial void Failed(ILogger log, Exception error);
}
