using Microsoft.Extensions.Logging.Abstractions;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Running;

public sealed class GenerationTurnsTests
{
    private readonly DeviceLease _lease = new(TimeProvider.System, NullLogger<DeviceLease>.Instance);
    private readonly GenerationTurns _turns;

    public GenerationTurnsTests() => _turns = new(_lease);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EnterAsync_NobodyElseWaits_AnswersShareOneLoan()
    {
        var first = await _turns.EnterAsync("a", Cancel);
        var second = await _turns.EnterAsync("b", Cancel);

        first.Dispose();
        var between = _lease.Holder;
        second.Dispose();

        Assert.Equal(DeviceUse.Answers, between?.Use);
        Assert.Null(_lease.Holder);
    }

    [Fact]
    public async Task EnterAsync_TrainingWaitsForItsNextStep_NewcomersComeAfterThatStep()
    {
        var training = await _lease.AcquireAsync("Li", "tune", Cancel);
        var first = _turns.EnterAsync("demo", Cancel);
        var step = training.LendAsync(Cancel);
        var answer = await first;

        var newcomer = _turns.EnterAsync("demo", Cancel);
        Assert.False(newcomer.IsCompleted); // else the step would wait for it below, and nothing would end
        answer.Dispose();
        var trainingAgain = await step;
        Assert.False(newcomer.IsCompleted);
        trainingAgain.Dispose();
        (await newcomer).Dispose();

        Assert.Null(_lease.Holder);
    }

    [Fact]
    public async Task EnterAsync_AskerLeavesBeforeItsTurn_LeavesNothingInTheLine()
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var training = await _lease.AcquireAsync("Li", "tune", Cancel);
        var asked = _turns.EnterAsync("demo", gone.Token);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);

        Assert.Empty(_lease.Waiting);
        Assert.Same(training, await training.LendAsync(Cancel));
    }
}
