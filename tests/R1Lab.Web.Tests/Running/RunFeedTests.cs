using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

public sealed class RunFeedTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly RunFeed _feed;
    private readonly List<RunUpdate> _seen = [];

    public RunFeedTests() => _feed = new(_time, NullLogger<RunFeed>.Instance);

    [Fact]
    public void Publish_ManyPointsInASecond_ArriveInFourPiecesAtMost()
    {
        using var subscription = _feed.Subscribe(7, SeeAsync);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        for (var step = 1; step <= 100; step++)
        {
            _feed.Publish(7, Metric(step));
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.InRange(_seen.Count, 4, 6);
        Assert.Equal(Enumerable.Range(1, 100), _seen.SelectMany(update => update.Metrics).Select(metric => metric.Step));
    }

    [Fact]
    public void Publish_OtherRun_IsNotSeen()
    {
        using var subscription = _feed.Subscribe(7, SeeAsync);

        _feed.Publish(8, Metric(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(_seen);
    }

    [Fact]
    public void Publish_PageThatDoesNotCome_DropsPointsAndSaysSo()
    {
        var slow = new TaskCompletionSource();
        using var subscription = _feed.Subscribe(null, async update =>
        {
            _seen.Add(update);
            if (_seen.Count == 1) await slow.Task;
        });
        _feed.Publish(7, Metric(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        for (var step = 2; step <= RunFeed.Patience + 100; step++) _feed.Publish(7, Metric(step));
        slow.SetResult();
        _time.Advance(TimeSpan.FromSeconds(1));

        var last = _seen[^1];
        Assert.Equal((true, RunFeed.Patience, RunFeed.Patience + 100), (last.Missed, last.Metrics.Count, last.Progress.Step));
    }

    [Fact]
    public void Publish_BrokenPage_DoesNotStopTheOthers()
    {
        using var broken = _feed.Subscribe(7, _ => throw new InvalidOperationException("gone"));
        using var subscription = _feed.Subscribe(7, SeeAsync);

        _feed.Publish(7, Metric(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        _feed.Publish(7, Metric(2));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([1, 2], _seen.SelectMany(update => update.Metrics).Select(metric => metric.Step));
    }

    [Fact]
    public void Progress_AfterMetrics_KnowsStepLossAndTimeLeft()
    {
        _feed.Publish(7, new RunProgress { Status = RunStatus.Running, TotalSteps = 10 });

        _feed.Publish(7, Metric(4));

        var progress = _feed.Progress(7)!;
        Assert.Equal((4, 0.4, TimeSpan.FromSeconds(12)), (progress.Step, progress.Share, progress.Remaining!.Value));
    }

    private Task SeeAsync(RunUpdate update)
    {
        _seen.Add(update);
        return Task.CompletedTask;
    }

    private static StepMetrics Metric(int step) => new() { Step = step, Loss = 1, SecondsPerStep = 2 };
}
