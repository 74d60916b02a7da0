using R1Lab.Data.Datasets;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class RunStoreTests
{
    [Fact]
    public async Task ClaimNextAsync_ManyWorkers_EachRunIsClaimedOnceInOrder()
    {
        await using var lab = await LabFixture.CreateAsync();
        var ids = new List<int>();
        for (var number = 0; number < 10; number++) ids.Add((await lab.Runs.CreateAsync(Actors.Lab, Sample(number), Cancel)).Id);

        var claimed = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => lab.Runs.ClaimNextAsync(Actors.Lab, Cancel), Cancel)));

        Assert.Equal(ids, claimed.OfType<Run>().Select(run => run.Id).Order());
        Assert.All(await lab.Runs.ListAsync(RunStatus.Running, Cancel), run => Assert.Equal(lab.Time.GetUtcNow(), run.StartedAt));
    }

    [Fact]
    public async Task SetStatusAsync_StopThenResume_GoesBackToTheEndOfTheQueue()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Runs.CreateAsync(Actors.Lab, Sample(1), Cancel);
        await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);
        var second = await lab.Runs.CreateAsync(Actors.Lab, Sample(2), Cancel);
        lab.Time.Advance(TimeSpan.FromMinutes(1));

        bool[] moved =
        [
            await lab.Runs.SetStatusAsync(Actors.Lab, first.Id, RunStatus.Stopped, cancellationToken: Cancel),
            await lab.Runs.SetStatusAsync(Actors.Lab, first.Id, RunStatus.Finished, cancellationToken: Cancel),
            await lab.Runs.SetStatusAsync(Actors.Lab, first.Id, RunStatus.Queued, cancellationToken: Cancel),
        ];

        Assert.Equal([true, false, true], moved);
        Assert.Equal([second.Id, first.Id], new[] { (await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel))!.Id, (await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel))!.Id });
    }

    [Theory]
    [InlineData(3, 1, new[] { 3, 1, 2, 4 })]
    [InlineData(1, 4, new[] { 2, 3, 1, 4 })]
    [InlineData(2, null, new[] { 1, 3, 4, 2 })]
    [InlineData(2, 2, new[] { 1, 2, 3, 4 })]
    public async Task MoveAsync_WaitingRuns_TakesThemInTheNewOrder(int moved, int? before, int[] expected)
    {
        await using var lab = await LabFixture.CreateAsync();
        for (var number = 1; number <= 4; number++) await lab.Runs.CreateAsync(Actors.Lab, Sample(number), Cancel);

        Assert.True(await lab.Runs.MoveAsync(Actors.Lab, moved, before, Cancel));
        await lab.Runs.CreateAsync(Actors.Lab, Sample(5), Cancel);

        Assert.Equal([.. expected, 5], (await lab.Runs.WaitingAsync(Cancel)).Select(run => run.Id));
        Assert.Equal(expected[0], (await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel))!.Id);
    }

    [Fact]
    public async Task MoveAsync_RunThatDoesNotWait_ChangesNothing()
    {
        await using var lab = await LabFixture.CreateAsync();
        for (var number = 1; number <= 3; number++) await lab.Runs.CreateAsync(Actors.Lab, Sample(number), Cancel);
        await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);

        bool[] moved = [await lab.Runs.MoveAsync(Actors.Lab, 1, 3, Cancel), await lab.Runs.MoveAsync(Actors.Lab, 3, 1, Cancel), await lab.Runs.MoveAsync(Actors.Lab, 9, 2, Cancel)];

        Assert.Equal([false, false, false], moved);
        Assert.Equal([2, 3], (await lab.Runs.WaitingAsync(Cancel)).Select(run => run.Id));
    }

    [Fact]
    public async Task PauseAsync_DiskFull_StaysPausedOverARestartUntilResumed()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await lab.Runs.CreateAsync(Actors.Lab, Sample(1), Cancel);
        await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);

        await lab.Runs.PauseAsync(Actors.Lab, run.Id, "disk_full", "10 bytes are needed", Cancel);
        await lab.Runs.MarkInterruptedAsync(Actors.Lab, Cancel);
        var paused = (await lab.Runs.GetAsync(run.Id, Cancel))!;
        await lab.Runs.SetStatusAsync(Actors.Lab, run.Id, RunStatus.Queued, cancellationToken: Cancel);

        Assert.Equal((RunStatus.Paused, "disk_full", "10 bytes are needed"), (paused.Status, paused.PausedFor!, paused.Error!));
        Assert.Equal((RunStatus.Queued, (string?)null), ((await lab.Runs.GetAsync(run.Id, Cancel))!.Status, (await lab.Runs.GetAsync(run.Id, Cancel))!.PausedFor));
    }

    [Fact]
    public async Task AppendAsync_TrainingAndEvaluationOfOneStep_BecomeOneEntryInFullPrecision()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await lab.Runs.CreateAsync(Actors.Lab, Sample(1), Cancel);
        var at = lab.Time.GetUtcNow();

        await lab.Runs.AppendAsync(
            Actors.Lab, run.Id,
            [
                new RunStep { Step = 1, TotalSteps = 9, At = at, Values = [new("loss", 1.0 / 3), new("grad_norm", Math.PI), new("learning_rate", 1e-4), new("tokens_per_second", 50)] },
                new RunStep { Step = 1, TotalSteps = 9, At = at, Values = [new("eval_loss", 0.1 + 0.2), new("learning_rate", 1e-4)] },
                new RunStep { Step = 2, TotalSteps = 9, At = at, Values = [new("loss", double.NaN), new("eval_loss", 2), new("learning_rate", 1e-4), new("memory_bytes", 5_000_000_000)] },
            ],
            [new RunEvent { At = at, Step = 1, Kind = "snapshot", Message = "Saved {0}", ArgumentsJson = "[\"step-1\"]" }],
            Cancel);

        var metrics = await lab.Runs.MetricsAsync(run.Id, cancellationToken: Cancel);
        Assert.Equal(
            [(1, 1.0 / 3, Math.PI, 0.1 + 0.2, 50.0), (2, (double?)null, null, 2, null)],
            metrics.Select(metric => (metric.Step, metric["loss"], metric["grad_norm"], metric["eval_loss"], metric["tokens_per_second"])));
        Assert.Equal("Saved {0}", Assert.Single(await lab.Runs.EventsAsync(run.Id, cancellationToken: Cancel)).Message);
        var after = (await lab.Runs.GetAsync(run.Id, Cancel))!;
        Assert.Equal((2, 9, 0.1 + 0.2, 1), (after.Step, after.TotalSteps, after.BestEvalLoss!.Value, after.BestStep!.Value));
        Assert.Equal([2], (await lab.Runs.MetricsAsync(run.Id, 1, Cancel)).Select(metric => metric.Step));
    }

    [Fact]
    public async Task DropMetricsAfterAsync_ResumeFromASnapshot_ForgetsLaterStepsAndTheirBest()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await lab.Runs.CreateAsync(Actors.Lab, Sample(1), Cancel);
        await lab.Runs.AppendAsync(
            Actors.Lab, run.Id, [.. Enumerable.Range(1, 5).Select(step => new RunStep { Step = step, TotalSteps = 5, Values = [new("eval_loss", 6 - step)] })], [], Cancel);

        await lab.Runs.DropMetricsAfterAsync(Actors.Lab, run.Id, 3, cancellationToken: Cancel);

        var after = (await lab.Runs.GetAsync(run.Id, Cancel))!;
        Assert.Equal((3, 3.0, 3), (after.Step, after.BestEvalLoss!.Value, after.BestStep!.Value));
        Assert.Equal([1, 2, 3], (await lab.Runs.MetricsAsync(run.Id, cancellationToken: Cancel)).Select(metric => metric.Step));
    }

    [Fact]
    public async Task MarkInterruptedAsync_AfterAKill_CallsRunningRunsInterrupted()
    {
        await using var lab = await LabFixture.CreateAsync();
        var running = await lab.Runs.CreateAsync(Actors.Lab, Sample(1), Cancel);
        await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);
        await lab.Runs.CreateAsync(Actors.Lab, Sample(2), Cancel);

        var cut = await lab.Runs.MarkInterruptedAsync(Actors.Lab, Cancel);

        Assert.Equal([running.Id], cut.Select(run => run.Id));
        Assert.Equal(
            [RunStatus.Queued, RunStatus.Interrupted], (await lab.Runs.ListAsync(cancellationToken: Cancel)).Select(run => run.Status));
        Assert.True(RunTransitions.Resumable(RunStatus.Interrupted));
    }

    [Fact]
    public async Task DeleteAsync_DatasetOfARun_LeavesTheRunWithItsName()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, new("d", DatasetFormats.PromptResponse), [TestRows.Pair("p", "r")], Cancel);
        var run = await lab.Runs.CreateAsync(Actors.Lab, Sample(1) with { DatasetId = dataset.Id, DatasetName = "d", DatasetVersion = 1 }, Cancel);

        await lab.Datasets.DeleteAsync(Actors.Lab, dataset.Id, Cancel);

        var after = (await lab.Runs.GetAsync(run.Id, Cancel))!;
        Assert.Equal((null, "d", 1), (after.DatasetId, after.DatasetName!, after.DatasetVersion!.Value));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static NewRun Sample(int number) => new($"run {number}", "{\"learning_rate\": 0.0001}", "demo") { OwnerName = "li" };
}
