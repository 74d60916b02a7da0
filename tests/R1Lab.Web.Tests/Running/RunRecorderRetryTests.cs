using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

/// <summary>A database that refuses for a while: a full disk is waited for however long, anything else twenty tries.</summary>
public sealed class RunRecorderRetryTests : RunRecordTest
{
    private const int Busy = 5;
    private const int Full = 13;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly RefusingContexts _contexts;

    public RunRecorderRetryTests() => _contexts = new(Services.GetRequiredService<IDbContextFactory<LabDbContext>>());

    [Theory]
    [InlineData(Full, 40)]
    [InlineData(Busy, 19)]
    public async Task Record_RefusedForAWhile_IsStoredOnceThereIsRoom(int error, int refusals)
    {
        var recorder = Recorder(error, refusals);

        recorder.Record(new StepMetrics { Step = 1, TotalSteps = 3 });
        await EndAsync(recorder);

        Assert.Equal([1], (await Runs.MetricsAsync(Run.Id, cancellationToken: Cancel)).Select(metric => metric.Step));
        Assert.Equal(refusals, _contexts.Refused);
    }

    [Fact]
    public async Task Record_BusyForTwentyTries_IsGivenUp()
    {
        var recorder = Recorder(Busy, 1000);

        recorder.Record(new StepMetrics { Step = 1, TotalSteps = 3 });

        await Assert.ThrowsAsync<SqliteException>(() => EndAsync(recorder));
        Assert.Equal(20, _contexts.Refused);
    }

    private RunRecorder Recorder(int error, int refusals)
    {
        (_contexts.Error, _contexts.Left) = (error, refusals);
        var store = new RunStore(_contexts, new WriteQueue(_contexts, _time), _time);
        return new RunRecorder(Run.Id, store, new RunFeed(_time, NullLogger<RunFeed>.Instance), _time, NullLogger.Instance);
    }

    // The pauses between tries pass as fast as they are waited for.
    private async Task EndAsync(RunRecorder recorder)
    {
        var ended = recorder.DisposeAsync().AsTask();
        while (!ended.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(ended, Task.Delay(1, Cancel));
        }

        await ended;
    }

    private sealed class RefusingContexts(IDbContextFactory<LabDbContext> inner) : IDbContextFactory<LabDbContext>
    {
        public int Error { get; set; }

        public int Left { get; set; }

        public int Refused { get; private set; }

        public LabDbContext CreateDbContext()
        {
            if (Left-- <= 0) return inner.CreateDbContext();
            Refused++;
            throw new SqliteException("refused", Error);
        }
    }
}
