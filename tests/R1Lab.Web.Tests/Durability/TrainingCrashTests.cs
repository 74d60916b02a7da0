using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Durability;

/// <summary>D14 and D15: the server dies, or is told to end, in the middle of a training run.</summary>
public sealed class TrainingCrashTests
{
    private const int Steps = 60;
    private const int SaveSteps = 8;
    private const int CutAfter = 27;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kill_InTheMiddleOfARun_LosesOneSaveIntervalAtMostAndEndsAsAStraightRun(bool resumesByItself)
    {
        using var folder = new TemporaryFolder();
        var (straight, cut, reached) = await CutAsync(folder.Path, program => program.KillAsync());

        await using var again = await StartedLab.StartAsync(folder.Path, ("Lab__ResumeInterruptedRuns", resumesByItself ? "true" : "false"));
        if (!resumesByItself)
        {
            await TinyRuns.WaitForAsync(again.Client, cut, "interrupted");
            using var resumed = await again.Client.PostAsync($"/api/v1/runs/{cut}/resume", null, Cancel);
        }

        var state = await TinyRuns.WaitForAsync(again.Client, cut, "finished", "failed");

        Assert.Equal("finished", state["status"]!.GetValue<string>());
        var events = StartedLab.Events(state);
        Assert.Contains(events, happened => happened.Kind == (resumesByItself ? "interrupted_resumes" : "interrupted"));
        var from = Assert.Single(events, happened => happened.Kind == "resumed").Step;
        Assert.InRange(from, reached - SaveSteps, Steps - 1);
        Assert.Equal(await StartedLab.CurveAsync(again.Client, straight), await StartedLab.CurveAsync(again.Client, cut));
    }

    [Fact]
    public async Task Kill_AsSoonAsASnapshotIsThere_LosesNoNumberOfTheStepsBeforeIt()
    {
        using var folder = new TemporaryFolder();
        var (straight, cut, _) = await CutAsync(folder.Path, async program =>
        {
            var snapshots = Path.Combine(folder.Path, "runs", "2", "snapshots");
            var known = Directory.GetDirectories(snapshots).Max(StringComparer.Ordinal);
            while (Directory.GetDirectories(snapshots, "step-??????").Max(StringComparer.Ordinal) == known) await Task.Delay(1, Cancel);
            await program.KillAsync();
        });

        await using var again = await StartedLab.StartAsync(folder.Path);
        var state = await TinyRuns.WaitForAsync(again.Client, cut, "finished", "failed");

        Assert.Equal("finished", state["status"]!.GetValue<string>());
        Assert.Equal(await StartedLab.CurveAsync(again.Client, straight), await StartedLab.CurveAsync(again.Client, cut));
    }

    [Fact]
    public async Task Terminate_InTheMiddleOfARun_SavesItsStepEndsWithZeroAndGoesOn()
    {
        using var folder = new TemporaryFolder();
        var (straight, cut, reached) = await CutAsync(folder.Path, async program => Assert.Equal(0, await program.TerminateAsync()));

        await using var again = await StartedLab.StartAsync(folder.Path);
        var state = await TinyRuns.WaitForAsync(again.Client, cut, "finished", "failed");

        var events = StartedLab.Events(state);
        var stopped = Assert.Single(events, happened => happened.Kind == "stopped").Step;
        Assert.InRange(stopped, reached, Steps - 1);
        Assert.Equal(stopped, Assert.Single(events, happened => happened.Kind == "resumed").Step);
        Assert.Equal(await StartedLab.CurveAsync(again.Client, straight), await StartedLab.CurveAsync(again.Client, cut));
    }

    /// <summary>Trains a straight run, then a second one of the same recipe that is cut.</summary>
    private static async Task<(int Straight, int Cut, int Reached)> CutAsync(string folder, Func<BuiltProgram, Task> cut)
    {
        await using var program = await StartedLab.StartAsync(folder);
        await StartedLab.ImportDemoDatasetAsync(program.Client);
        var straight = await TinyRuns.StartAsync(program.Client, StartedLab.Recipe("straight", Steps, ("save_steps", SaveSteps)));
        await TinyRuns.WaitForAsync(program.Client, straight, "finished");
        var run = await TinyRuns.StartAsync(program.Client, StartedLab.Recipe("cut", Steps, ("save_steps", SaveSteps)));
        var reached = await StartedLab.WaitForStepAsync(program.Client, run, CutAfter);
        await cut(program);
        return (straight, run, reached);
    }
}
