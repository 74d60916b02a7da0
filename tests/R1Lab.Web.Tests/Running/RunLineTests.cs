using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Pages;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

/// <summary>The queue without a worker: what holds it, what a restart puts back, and what is left of a run.</summary>
public sealed class RunLineTests : RunPageTest
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RunStatus.Finished, false)]
    [InlineData(RunStatus.Stopped, false)]
    [InlineData(RunStatus.Failed, true)]
    [InlineData(RunStatus.Paused, true)]
    public async Task NoteEndAsync_BadEnd_HoldsTheQueueUnlessItContinuesOnErrors(RunStatus end, bool bad)
    {
        var run = await AddRunAsync("a");
        var line = Get<RunLine>();

        await line.SetContinuesOnErrorAsync(Actors.User("Li"), true, Cancel);
        await line.NoteEndAsync(run, end);
        var continued = (await line.PictureAsync(Cancel)).Hold;
        await line.SetContinuesOnErrorAsync(Actors.User("Li"), false, Cancel);
        await line.NoteEndAsync(run, end);
        var held = (await line.PictureAsync(Cancel)).Hold;

        Assert.Null(continued);
        Assert.Equal(bad ? run.Id : (int?)null, held?.AfterRun);
        Assert.Equal(bad, await line.ClaimNextAsync(Cancel) is null);
    }

    [Fact]
    public async Task RecoverAsync_SeveralInterrupted_StandBeforeAllOthersInTheOrderTheyStarted()
    {
        var (late, early, waiting) = (await AddRunAsync("late"), await AddRunAsync("early"), await AddRunAsync("waiting"));
        foreach (var (run, minute) in new[] { (late, 2), (early, 1) })
        {
            await Get<RunStore>().ClaimNextAsync(Actors.Lab, Cancel);
            run.StartedAt = new DateTimeOffset(2026, 1, 2, 3, minute, 0, TimeSpan.Zero);
        }

        await Get<RunStore>().MarkInterruptedAsync(Actors.Lab, Cancel);
        await Get<RunQueue>().RecoverAsync([late, early], Cancel);

        Assert.Equal([early.Id, late.Id, waiting.Id], (await Get<RunStore>().WaitingAsync(Cancel)).Select(run => run.Id));
    }

    // No step was measured yet: what the form estimated, less the part that is done.
    [Theory]
    [InlineData(0, 60)]
    [InlineData(25, 45)]
    [InlineData(100, 0)]
    public async Task TimeLeft_EstimateOnly_ShrinksWithTheStepsDone(int done, int minutes)
    {
        var run = await AddRunAsync("a");
        (run.Status, run.Step) = (RunStatus.Running, done);
        Get<RunForecast>().Keep(run.Id, new RunEstimate(1000, true, TimeSpan.FromHours(1), null!, null!, "cpu"));

        Assert.Equal(TimeSpan.FromMinutes(minutes), Get<RunForecast>().TimeLeft(run));
    }
}
