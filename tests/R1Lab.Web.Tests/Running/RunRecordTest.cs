using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Running;

/// <summary>A run in a database of its own, for tests of what is recorded about it.</summary>
public abstract class RunRecordTest : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    protected RunRecordTest() =>
        Services = new ServiceCollection().AddLogging().AddLabData(Path.Combine(_folder.Path, "r1lab.db")).BuildServiceProvider();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected ServiceProvider Services { get; }

    protected RunStore Runs => Services.GetRequiredService<RunStore>();

    protected Run Run { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Services.GetRequiredService<LabDatabase>().MigrateAsync(Cancel);
        Run = await Runs.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Services.DisposeAsync();
        _folder.Dispose();
    }
}
