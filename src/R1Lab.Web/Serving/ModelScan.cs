using R1Lab.Data.Access;

namespace R1Lab.Web.Serving;

/// <summary>Registers the models found on disk when the lab starts; the lab does not wait for it.</summary>
public sealed class ModelScan(ModelLibrary library, ILogger<ModelScan> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await library.ScanAsync(Actor.System("model scan"), stoppingToken);
            foreach (var folder in library.Refused) log.LogWarning("Model folder not usable: {Reason}", folder.Reason);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogError(e, "The model folders could not be scanned");
        }
    }
}
