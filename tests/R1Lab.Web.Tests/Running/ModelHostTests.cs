using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Running;

/// <summary>Several models, asked for while one of them loads.</summary>
public sealed class ModelHostTests(ModelLab lab) : IClassFixture<ModelLab>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OpenAsync_ModelInMemory_DoesNotWaitForAnotherThatLoads()
    {
        var host = lab.Lab.Get<ModelHost>();
        (await host.OpenAsync(ModelLab.Adapter, Cancellation)).Dispose();
        using var go = new ManualResetEventSlim();
        using var loading = new SemaphoreSlim(0);
        using var news = host.Changes.Subscribe(_ => Hold());
        var other = Task.Run(() => host.OpenAsync(ModelLab.Scripted, Cancellation), Cancellation);
        await loading.WaitAsync(Patience, Cancellation);

        using (await host.OpenAsync(ModelLab.Golden, Cancellation).WaitAsync(Patience, Cancellation))
        using (await host.OpenAsync(ModelLab.Adapter, Cancellation).WaitAsync(Patience, Cancellation))
        {
            Assert.False(other.IsCompleted);
        }

        news.Dispose();
        go.Set();
        (await other.WaitAsync(Patience, Cancellation)).Dispose();

        // Stands for the minutes that reading an 8B model takes: the load is announced before it begins.
        Task Hold()
        {
            loading.Release();
            go.Wait(Patience);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task UnloadAsync_ModelInUse_IsRefusedUntilItsLastSessionEnds()
    {
        var host = lab.Lab.Get<ModelHost>();
        var session = await host.OpenAsync(ModelLab.Golden, Cancellation);
        var id = (await host.ListAsync(Cancellation)).Single(model => model.Name == ModelLab.Golden).Record.Id;

        Assert.False(await host.UnloadAsync(Actors.Admin, id, Cancellation));
        session.Dispose();
        Assert.True(await host.UnloadAsync(Actors.Admin, id, Cancellation));

        using var again = await host.OpenAsync(ModelLab.Golden, Cancellation);
        Assert.Equal(ModelLab.Golden, again.Facts.Name);
    }
}
