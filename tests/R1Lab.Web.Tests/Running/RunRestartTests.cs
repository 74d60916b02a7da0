using R1Lab.Data.Datasets;

namespace R1Lab.Web.Tests.Running;

/// <summary>D15 and the restart half of D14: ending the program in the middle of a run loses nothing.</summary>
public sealed class RunRestartTests
{
    private const int Steps = 400;

    [Fact]
    public async Task Restart_InTheMiddleOfARun_GoesOnFromTheSnapshot()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string> { ["Lab:DataFolder"] = folder.Path };
        var id = await EndInTheMiddleAsync(settings);

        using var again = LabHost.With(settings);
        using var client = again.ApiClient();
        var state = await TinyRuns.WaitForAsync(client, id, "finished", "failed");

        var kinds = state["events"]!.AsArray().Select(happened => happened!["kind"]!.GetValue<string>()).ToList();
        Assert.Equal(("finished", Steps), (state["status"]!.GetValue<string>(), state["step"]!.GetValue<int>()));
        Assert.Contains("resumed", kinds);
        Assert.Equal(Steps, (await TinyRuns.GetAsync(client, $"/api/v1/runs/{id}/metrics")).AsArray().Count);
    }

    [Fact]
    public async Task Restart_ResumingSwitchedOff_LeavesTheRunInterrupted()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string> { ["Lab:DataFolder"] = folder.Path, ["Lab:ResumeInterruptedRuns"] = "false" };
        var id = await EndInTheMiddleAsync(settings);

        using var again = LabHost.With(settings);
        using var client = again.ApiClient();

        Assert.Equal("interrupted", (await TinyRuns.GetAsync(client, $"/api/v1/runs/{id}"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Restart_OthersWait_TheInterruptedRunGoesOnBeforeThem()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string> { ["Lab:DataFolder"] = folder.Path };
        var cut = await EndInTheMiddleAsync(settings, alsoWaiting: "next");

        using var again = LabHost.With(settings);
        using var client = again.ApiClient();
        var first = await TinyRuns.WaitForAsync(client, cut, "finished", "failed");
        var second = await TinyRuns.WaitForAsync(client, cut + 1, "finished", "failed");

        Assert.Equal(("finished", "finished"), (first["status"]!.GetValue<string>(), second["status"]!.GetValue<string>()));
        Assert.True(second["started_at"]!.GetValue<DateTimeOffset>() >= first["finished_at"]!.GetValue<DateTimeOffset>());
    }

    private static async Task<int> EndInTheMiddleAsync(Dictionary<string, string> settings, string? alsoWaiting = null)
    {
        await using var lab = LabHost.With(settings);
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        var id = await TinyRuns.StartAsync(client, TinyRuns.Recipe(("max_steps", Steps)));
        if (alsoWaiting is not null) await TinyRuns.StartAsync(client, TinyRuns.Recipe(("name", alsoWaiting), ("max_steps", 2)));
        while ((await TinyRuns.WaitForAsync(client, id, "queued", "running"))["step"]!.GetValue<int>() == 0) await Task.Delay(20, TestContext.Current.CancellationToken);
        return id;
    }
}
