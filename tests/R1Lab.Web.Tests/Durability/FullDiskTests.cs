using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Durability;

/// <summary>D6: the disk of database and snapshots gets full while a run trains.</summary>
public sealed partial class FullDiskTests
{
    private const int Steps = 100_000; // never reached: the run is cut as soon as it went on
    private const int SaveSteps = 4;
    private const int KeepAll = 1000; // an old snapshot that is swept away would make room for the next one

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_NoRoomForTheNextSnapshot_PausesWithBothNumbersAndGoesOnAfterFreeing()
    {
        using var disk = SmallDisk.Mount(64);
        await using var program = await StartedLab.StartAsync(disk.Path);
        await StartedLab.ImportDemoDatasetAsync(program.Client);
        var run = await TinyRuns.StartAsync(program.Client, StartedLab.Recipe("big", Steps, ("save_steps", SaveSteps), ("save_total_limit", KeepAll)));
        await StartedLab.WaitForStepAsync(program.Client, run, SaveSteps + 1);

        disk.Fill(leave: 300_000);
        var paused = await TinyRuns.WaitForAsync(program.Client, run, "paused", "finished", "failed");
        var export = await program.Client.GetStringAsync("/api/v1/datasets/1/export", Cancel);
        disk.Free();
        using var resumed = await program.Client.PostAsync($"/api/v1/runs/{run}/resume", null, Cancel);
        var state = await GoesOnAsync(program.Client, run, paused["step"]!.GetValue<int>());

        Assert.Equal(("paused", "disk_full"), (paused["status"]!.GetValue<string>(), paused["paused_for"]!.GetValue<string>()));
        var (needed, free) = Numbers(paused["error"]!.GetValue<string>());
        Assert.True(needed > 100_000 && free >= 0, $"{needed} needed, {free} free");
        Assert.Contains(StartedLab.Events(paused), happened => happened.Kind == "disk_full");
        Assert.Equal(120, export.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(("stopped", null), (state["status"]!.GetValue<string>(), state["paused_for"]?.GetValue<string>()));
        Assert.Equal(Enumerable.Range(1, state["step"]!.GetValue<int>()), (await StartedLab.CurveAsync(program.Client, run)).Select(metric => metric.Step));
    }

    [Fact]
    public async Task Run_NotAByteLeftForTheDatabaseEither_IsPausedAsSoonAsThereIsRoomAndSaysSoMeanwhile()
    {
        using var disk = SmallDisk.Mount(64);
        await using var program = await StartedLab.StartAsync(disk.Path);
        await StartedLab.ImportDemoDatasetAsync(program.Client);
        var run = await TinyRuns.StartAsync(program.Client, StartedLab.Recipe("big", Steps, ("save_steps", SaveSteps), ("save_total_limit", KeepAll)));
        await StartedLab.WaitForStepAsync(program.Client, run, SaveSteps + 1);

        using var refused = await UntilRefusedAsync(program.Client, disk);
        using var alive = await program.Client.GetAsync("/health", Cancel);
        await program.WaitForAsync("R1L-DISK-01"); // the run met the full disk; nobody can read that from the database yet
        disk.Free();
        var paused = await TinyRuns.WaitForAsync(program.Client, run, "paused");
        using var resumed = await program.Client.PostAsync($"/api/v1/runs/{run}/resume", null, Cancel);
        var state = await GoesOnAsync(program.Client, run, paused["step"]!.GetValue<int>());

        Assert.Equal((HttpStatusCode.InsufficientStorage, HttpStatusCode.OK), (refused.StatusCode, alive.StatusCode));
        Assert.Contains("disk is full", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal("stopped", state["status"]!.GetValue<string>());
        Assert.Equal(Enumerable.Range(1, state["step"]!.GetValue<int>()), (await StartedLab.CurveAsync(program.Client, run)).Select(metric => metric.Step));
    }

    /// <summary>Waits until the run is further than it was, and stops it.</summary>
    private static async Task<JsonNode> GoesOnAsync(HttpClient client, int run, int step)
    {
        await StartedLab.WaitForStepAsync(client, run, step + SaveSteps);
        using var stop = await client.PostAsync($"/api/v1/runs/{run}/stop", null, Cancel);
        return await TinyRuns.WaitForAsync(client, run, "stopped", "failed", "paused");
    }

    /// <summary>
    /// Fills the disk and imports small datasets until one does not fit: the database keeps some room inside its own file, and a snapshot that
    /// failed gives its room back.
    /// </summary>
    private static async Task<HttpResponseMessage> UntilRefusedAsync(HttpClient client, SmallDisk disk)
    {
        for (var number = 0; number < 100; number++)
        {
            disk.Fill(leave: 0);
            using var body = new StringContent(string.Join('\n', Enumerable.Range(0, 20).Select(row => $$"""{"prompt":"{{row}}?","response":"{{new string('x', 500)}}"}""")));
            var answer = await client.PostAsync($"/api/v1/datasets?name=more-{number}", body, Cancel);
            if (!answer.IsSuccessStatusCode) return answer;
            answer.Dispose();
        }

        throw new InvalidOperationException("The disk never got full.");
    }

    private static (long Needed, long Free) Numbers(string error)
    {
        var match = Both().Match(error);
        Assert.True(match.Success, error);
        return (long.Parse(match.Groups["needed"].Value, CultureInfo.InvariantCulture), long.Parse(match.Groups["free"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"(?<needed>\d+) bytes are needed and (?<free>\d+) are free", RegexOptions.NonBacktracking)]
    private static partial Regex Both();
}
