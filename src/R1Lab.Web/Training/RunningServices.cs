using Microsoft.Extensions.DependencyInjection.Extensions;
using R1Lab.Engine.Devices;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Training;

public static class RunningServices
{
    /// <summary>Training in the background: queue, worker, feed, and the lease on the device.</summary>
    public static IServiceCollection AddLabRunning(this IServiceCollection services)
    {
        services.TryAddSingleton<IGpuMonitor>(_ => GpuMonitor.Open());
        services.AddSingleton<DeviceLease>();
        services.AddSingleton<DeviceMemory>();
        services.AddSingleton<ModelRoom>();
        services.AddSingleton<RunFeed>();
        services.AddSingleton<ModelChooser>();
        services.AddSingleton<DatasetEncoder>();
        services.AddSingleton<RunPace>();
        services.AddSingleton<RunSurroundings>();
        services.AddSingleton<RunPlanner>();
        services.AddSingleton<RunResults>();
        services.AddSingleton<QueueSwitches>();
        services.AddSingleton<RunForecast>();
        services.AddSingleton<RunLine>();
        services.AddSingleton<RunConfirmations>();
        services.AddSingleton<RunFixes>();
        services.AddSingleton<RunQueue>();
        services.AddSingleton<RunReceipts>();
        services.AddSingleton<RunExecution>();
        services.AddHostedService<RunWorker>();
        services.AddHostedService<MemoryRelease>();
        return services;
    }
}
