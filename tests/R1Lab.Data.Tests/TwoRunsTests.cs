using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Two runs beside each other: what is asked of one, or done to it, leaves the other out.</summary>
public sealed class TwoRunsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_OneStatus_LeavesOtherRunsOut()
    {
        await using var lab = await LabFixture.CreateAsync();
        var (running, queued) = (await AddAsync(lab), await AddAsync(lab));
        await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);

        Assert.Equal([running], (await lab.Runs.ListAsync(RunStatus.Running, Cancel)).Select(run => run.Id));
        Assert.Equal([queued], (await lab.Runs.ListAsync(RunStatus.Queued, Cancel)).Select(run => run.Id));
        Assert.Empty(await lab.Runs.ListAsync(RunStatus.Finished, Cancel));
        Assert.Equal([queued, running], (await lab.Runs.ListAsync(cancellationToken: Cancel)).Select(run => run.Id));
    }

    [Fact]
    public async Task Progress_OfTwoRuns_IsKeptApart()
    {
        await using var lab = await LabFixture.CreateAsync();
        var (one, other) = (await AddAsync(lab), await AddAsync(lab));
        foreach (var (run, loss) in new[] { (one, 1.0), (other, 2.0) })
            await lab.Runs.AppendAsync(Actors.Lab, run, News(loss), Cancel);

        await lab.Runs.DropMetricsAfterAsync(Actors.Lab, one, 1, cancellationToken: Cancel);

        Assert.Equal([(1, 1.0)], await LossesAsync(lab, one));
        Assert.Equal([(1, 2.0), (2, 2.0)], await LossesAsync(lab, other));
        Assert.Equal(["of 2"], (await lab.Runs.EventsAsync(other, cancellationToken: Cancel)).Select(happened => happened.Message));
        Assert.Equal([(0, "of 1")], await ProbesAsync(lab, one));
        Assert.Equal([(0, "of 2"), (2, "of 2")], await ProbesAsync(lab, other));
        Assert.Equal((1, 2), ((await lab.Runs.GetAsync(one, Cancel))!.Step, (await lab.Runs.GetAsync(other, Cancel))!.Step));
        Assert.Equal((1, 2), ((await lab.Runs.LedgerAsync(one, Cancel)).Epochs, (await lab.Runs.LedgerAsync(other, Cancel)).Epochs));
    }

    // Six steps of half an epoch. A pass that was not begun by the snapshot's step is taken again.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(6, 3)]
    public async Task DropMetricsAfterAsync_AtAnyStep_KeepsPassesBegunByThen(int step, int kept)
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        await lab.Runs.AppendAsync(
            Actors.Lab, run,
            new RunNews
            {
                Steps = [.. Enumerable.Range(1, 6).Select(at => new RunStep { Step = at, TotalSteps = 6, Epoch = at / 2.0 })],
                RowLosses = [.. Enumerable.Range(0, 3).Select(epoch => Loss(epoch))],
            },
            Cancel);

        await lab.Runs.DropMetricsAfterAsync(Actors.Lab, run, step, cancellationToken: Cancel);

        Assert.Equal(kept, (await lab.Runs.LedgerAsync(run, Cancel)).Epochs);
        var metrics = await lab.Runs.MetricsAsync(run, cancellationToken: Cancel);
        Assert.Equal(Enumerable.Range(1, step), metrics.Select(metric => metric.Step));
    }

    [Fact]
    public async Task MoveAsync_RunsThatShareAPosition_GetOneEach()
    {
        await using var lab = await LabFixture.CreateAsync();
        var ids = new List<int>();
        for (var number = 0; number < 3; number++) ids.Add(await AddAsync(lab));
        await using (var context = lab.Open())
        {
            foreach (var run in context.Runs) run.QueueOrder = 1;
            await context.SaveChangesAsync(Cancel);
        }

        Assert.True(await lab.Runs.MoveAsync(Actors.Lab, ids[2], ids[0], Cancel));

        var waiting = await lab.Runs.WaitingAsync(Cancel);
        Assert.Equal([ids[2], ids[0], ids[1]], waiting.Select(run => run.Id));
        Assert.Equal(3, waiting.Select(run => run.QueueOrder).Distinct().Count());
    }

    [Theory]
    [InlineData(BestBy.EvalLoss, 2)]
    [InlineData(BestBy.EvalTokenAccuracy, 3)]
    public void Best_EvaluationWithoutAccuracy_IsNeverTheMostAccurate(BestBy by, int expected)
    {
        RunEvaluation[] evaluations = [new(2, 1, null), new(3, 2, 0.1), new(4, 1, null)];

        Assert.Equal(expected, BestEvaluation.Of(evaluations, by));
        Assert.Null(BestEvaluation.Of([], by));
    }

    private static async Task<int> AddAsync(LabFixture lab) =>
        (await lab.Runs.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel)).Id;

    private static async Task<IEnumerable<(int, double)>> LossesAsync(LabFixture lab, int run) =>
        (await lab.Runs.MetricsAsync(run, cancellationToken: Cancel)).Select(metric => (metric.Step, metric["loss"]!.Value));

    private static RunNews News(double loss) => new()
    {
        Steps = [.. Enumerable.Range(1, 2).Select(step => new RunStep { Step = step, TotalSteps = 2, Epoch = step, Values = [new("loss", loss)] })],
        Events = [new RunEvent { Step = 1, Kind = "k", Message = $"of {loss:0}" }],
        Probes = [Probe(0, loss), Probe(2, loss)],
        RowLosses = [Loss(0), Loss(1)],
    };

    private static RunProbe Probe(int step, double loss) => new() { Step = step, Prompt = "p", Answer = $"of {loss:0}" };

    private static RunRowLoss Loss(int epoch) => new() { Epoch = epoch, RowId = 1, Loss = 1, Tokens = 1 };

    private static async Task<IEnumerable<(int, string)>> ProbesAsync(LabFixture lab, int run) =>
        (await lab.Runs.ProbesAsync(run, cancellationToken: Cancel)).Select(probe => (probe.Step, probe.Answer));
}
