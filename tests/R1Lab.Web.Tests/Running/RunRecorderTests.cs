using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data;
using R1Lab.Data.Runs;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

public sealed class RunRecorderTests : RunRecordTest
{
    private readonly RunFeed _feed = new(TimeProvider.System, NullLogger<RunFeed>.Instance);

    [Fact]
    public async Task Record_RunThatGoesOnFromASnapshot_HasNothingTwice()
    {
        await RecordAsync(recorder => Steps(recorder, 0, 8));

        await RecordAsync(recorder =>
        {
            recorder.Record(TrainingEventKinds.Resumed, "Going on.", 4, 4);
            Steps(recorder, 4, 6);
        });

        Assert.Equal([0, 2, 4, 6], (await Runs.ProbesAsync(Run.Id, cancellationToken: Cancel)).Select(probe => probe.Step));
        Assert.Equal([1, 2, 3, 4, 5, 6], (await Runs.MetricsAsync(Run.Id, cancellationToken: Cancel)).Select(metric => metric.Step));
        var row = Assert.Single((await Runs.LedgerAsync(Run.Id, Cancel)).Page(LedgerOrder.Row, null, 0, 9).Rows);
        Assert.Equal([10, 11, 12], row.Losses);
        Assert.Equal((6, 6), ((await Runs.GetAsync(Run.Id, Cancel))!.Step, (await Runs.GetAsync(Run.Id, Cancel))!.BestStep));
    }

    [Fact]
    public async Task Record_RunThatBeginsAnew_KeepsNothingOfTheEarlierTryButItsBase()
    {
        await RecordAsync(recorder => Steps(recorder, 0, 8));

        await RecordAsync(recorder => Steps(recorder, 0, 3));

        Assert.Equal([0, 2], (await Runs.ProbesAsync(Run.Id, cancellationToken: Cancel)).Select(probe => probe.Step));
        Assert.Equal(2, (await Runs.LedgerAsync(Run.Id, Cancel)).Epochs);
    }

    [Fact]
    public async Task Record_ProbesAndRows_AreToldToPages()
    {
        var seen = new List<RunUpdate>();
        var rows = new TaskCompletionSource();
        using var subscription = _feed.Subscribe(Run.Id, update =>
        {
            seen.Add(update);
            if (update.RowsChanged) rows.TrySetResult();
            return Task.CompletedTask;
        });

        await RecordAsync(recorder => Steps(recorder, 0, 2));
        await rows.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancel);

        Assert.Equal([0, 2], seen.SelectMany(update => update.Probes).Select(probe => probe.Step));
    }

    [Fact]
    public async Task Keep_RunGoesOn_EverythingRecordedStandsInTheStoreAtOnce()
    {
        await using var recorder = new RunRecorder(Run.Id, Runs, _feed, new FakeTimeProvider(), NullLogger.Instance);
        for (var last = 2; last <= 8; last += 2)
        {
            Steps(recorder, last - 2, last);
            recorder.Keep();

            Assert.Equal(Enumerable.Range(1, last), (await Runs.MetricsAsync(Run.Id, cancellationToken: Cancel)).Select(metric => metric.Step));
            Assert.Equal(last / 2, (await Runs.LedgerAsync(Run.Id, Cancel)).Epochs);
        }
    }

    [Fact]
    public async Task Keep_WhatIsRecordedCannotBeStored_ThrowsInsteadOfWaitingForEver()
    {
        using var ending = new CancellationTokenSource();
        await ending.CancelAsync();
        var recorder = new RunRecorder(Run.Id + 1, Runs, _feed, TimeProvider.System, NullLogger.Instance, ending: ending.Token);

        recorder.Record(new StepMetrics { Step = 1, TotalSteps = 3 });

        Assert.ThrowsAny<Exception>(recorder.Keep);
        await Assert.ThrowsAnyAsync<Exception>(async () => await recorder.DisposeAsync());
    }

    [Fact]
    public async Task Record_CardIsWatched_KeepsItsNumbersAndAsksOnceASecond()
    {
        var (time, asked) = (new FakeTimeProvider(), 0);
        var watch = new DeviceWatch(() => new GpuReading(0, "card", "GPU-1", 5L << 30, 24L << 30, 40 + (10 * ++asked), 61, 200, DateTimeOffset.UtcNow), time);
        await using (var recorder = new RunRecorder(Run.Id, Runs, _feed, TimeProvider.System, NullLogger.Instance) { Device = watch })
        {
            recorder.Record(new StepMetrics { Step = 1, TotalSteps = 3 });
            recorder.Record(new StepMetrics { Step = 2, TotalSteps = 3, DeviceMemoryBytes = 7 });
            time.Advance(TimeSpan.FromSeconds(1));
            recorder.Record(new StepMetrics { Step = 3, TotalSteps = 3 });
        }

        var metrics = await Runs.StepsAsync(Run.Id, cancellationToken: Cancel);
        Assert.Equal(
            [(0.5, 61.0, 5L << 30), (0.5, 61.0, 7L), (0.6, 61.0, 5L << 30)],
            metrics.Select(metric => (metric.DeviceUtilization!.Value, metric.DeviceTemperature!.Value, metric.DeviceMemoryBytes!.Value)));
    }

    /// <summary>Two steps a pass; an evaluation with a probe after each pass, the loss falling.</summary>
    private static void Steps(RunRecorder recorder, int after, int last)
    {
        if (after == 0) recorder.Record(Answer(0));
        for (var step = after + 1; step <= last; step++)
        {
            recorder.Record(new StepMetrics { Step = step, TotalSteps = 8, Epoch = step / 2.0, Loss = 10 - step, EvalLoss = step % 2 == 0 ? 10 - step : null, At = DateTimeOffset.UtcNow });
            if (step % 2 == 1) continue;

            recorder.Record(Answer(step));
            recorder.Record([new RowLoss((step / 2) - 1, 77, 10 + (step / 2) - 1, 5)]);
        }

        if (last % 2 == 1) recorder.Record([new RowLoss(last / 2, 77, 3, 5)]);
    }

    private static ProbeAnswer Answer(int step) => new(step, 0, "1+1?", null, "2", 0, 1, true, DateTimeOffset.UtcNow);

    private async Task RecordAsync(Action<RunRecorder> record)
    {
        await using var recorder = new RunRecorder(Run.Id, Runs, _feed, TimeProvider.System, NullLogger.Instance);
        record(recorder);
    }
}
