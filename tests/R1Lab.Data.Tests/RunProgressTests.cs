using R1Lab.Data.Datasets;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Answers to probe prompts, the best step, and the losses of rows.</summary>
public sealed class RunProgressTests
{
    [Fact]
    public async Task AppendAsync_SameProbeAgain_ReplacesTheAnswer()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);

        await lab.Runs.AppendAsync(Actors.Lab, run.Id, new RunNews { Probes = [Probe(0, 1, "before"), Probe(0, 0, "hm", "thought"), Probe(10, 0, "later")] }, Cancel);
        await lab.Runs.AppendAsync(Actors.Lab, run.Id, new RunNews { Probes = [Probe(0, 1, "after")] }, Cancel);

        var probes = await lab.Runs.ProbesAsync(run.Id, cancellationToken: Cancel);
        Assert.Equal(
            [(0, 0, "hm", "thought"), (0, 1, "after", null), (10, 0, "later", (string?)null)],
            probes.Select(probe => (probe.Step, probe.PromptIndex, probe.Answer, probe.Thought)));
        Assert.Equal((3, 5, true, lab.Time.GetUtcNow()), (probes[0].ThoughtTokens, probes[0].AnswerTokens, probes[0].Stopped, probes[0].At));
        Assert.Equal([10], (await lab.Runs.ProbesAsync(run.Id, 0, Cancel)).Select(probe => probe.Step));
    }

    [Theory]
    [InlineData(BestBy.EvalLoss, 20, 10)]
    [InlineData(BestBy.EvalTokenAccuracy, 30, 20)]
    public async Task AppendAsync_Evaluations_MarkTheBestAndForgetItWithItsStep(BestBy by, int best, int bestBefore)
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        foreach (var (step, loss, accuracy) in new[] { (10, 1.0, 0.5), (20, 0.5, 0.6), (30, 0.7, 0.9), (40, 0.5, 0.9) })
            await lab.Runs.AppendAsync(Actors.Lab, run.Id, new RunNews { BestBy = by, Steps = [new RunStep { Step = step, TotalSteps = 40, Values = [new("eval_loss", loss), new("eval_token_accuracy", accuracy)] }] }, Cancel);
        var whole = (await lab.Runs.GetAsync(run.Id, Cancel))!;

        await lab.Runs.DropMetricsAfterAsync(Actors.Lab, run.Id, best - 1, by, Cancel);

        var cut = (await lab.Runs.GetAsync(run.Id, Cancel))!;
        Assert.Equal((best, 0.5, bestBefore), (whole.BestStep!.Value, whole.BestEvalLoss!.Value, cut.BestStep!.Value));
    }

    [Fact]
    public async Task DropMetricsAfterAsync_ResumeInTheSecondPass_ForgetsLaterProbesAndLaterPasses()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        await lab.Runs.AppendAsync(
            Actors.Lab, run.Id,
            new RunNews
            {
                Steps = [.. Enumerable.Range(1, 6).Select(tens => new RunStep { Step = 10 * tens, TotalSteps = 60, Epoch = tens / 2.0 })],
                Probes = [Probe(0, 0, "base"), Probe(20, 0, "first"), Probe(40, 0, "second"), Probe(60, 0, "third")],
                RowLosses = [Loss(0, 1, 3), Loss(1, 1, 2), Loss(2, 1, 1)],
            },
            Cancel);

        await lab.Runs.DropMetricsAfterAsync(Actors.Lab, run.Id, 33, cancellationToken: Cancel);

        Assert.Equal([0, 20], (await lab.Runs.ProbesAsync(run.Id, cancellationToken: Cancel)).Select(probe => probe.Step));
        var row = Assert.Single((await lab.Runs.LedgerAsync(run.Id, Cancel)).Page(LedgerOrder.Row, null, 0, 10).Rows);
        Assert.Equal([3.0, 2.0], row.Losses);
    }

    [Fact]
    public async Task AppendAsync_PassMadeAgain_ReplacesItsLossesAndLeavesOutWhatIsNoNumber()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        await lab.Runs.AppendAsync(Actors.Lab, run.Id, new RunNews { RowLosses = [Loss(0, 1, 3), Loss(0, 2, double.NaN)] }, Cancel);
        await lab.Runs.LedgerAsync(run.Id, Cancel);

        await lab.Runs.AppendAsync(Actors.Lab, run.Id, new RunNews { RowLosses = [Loss(0, 1, 0.1 + 0.2), Loss(1, 1, 0.2)] }, Cancel);

        var row = Assert.Single((await lab.Runs.LedgerAsync(run.Id, Cancel)).Page(LedgerOrder.Row, null, 0, 10).Rows);
        Assert.Equal((1, 0.1 + 0.2, 0.2, 7), (row.RowId, row.First, row.Last, row.Tokens));
    }

    [Fact]
    public async Task RowTextsAsync_RowsOfTheRunsDataset_GivesTheirBeginnings()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, new("d", DatasetFormats.PromptResponse), [TestRows.Pair("one", "1"), TestRows.Pair(new string('x', 999), "2")], Cancel);
        var rows = (await lab.Datasets.PageAsync(dataset.Id, 0, 2, cancellationToken: Cancel)).Rows;
        var run = await lab.Runs.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo") { DatasetId = dataset.Id }, Cancel);

        var texts = await lab.Runs.RowTextsAsync(run.Id, [rows[0].Id, rows[1].Id, 99_999], Cancel);

        Assert.Equal(["one", new string('x', 240)], rows.Select(row => texts[row.Id]));
        Assert.Equal(2, texts.Count);
    }

    [Fact]
    public async Task LedgerAsync_AHundredThousandRowsOverThreePasses_IsPagedInTime()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        const int rows = 100_000;
        for (var epoch = 0; epoch < 3; epoch++)
            await lab.Runs.AppendAsync(Actors.Lab, run.Id, new RunNews { RowLosses = [.. Enumerable.Range(1, rows).Select(row => Loss(epoch, row, (double)row / rows / (epoch + 1)))] }, Cancel);
        await lab.Runs.LedgerAsync(run.Id, Cancel);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var (page, total) = (await lab.Runs.LedgerAsync(run.Id, Cancel)).Page(LedgerOrder.Improved, null, 99_000, 50);

        Assert.Equal((rows, 1000, 50), (total, page[0].RowId, page.Count));
        Assert.True(watch.Elapsed < Patience.For(TimeSpan.FromSeconds(2)), $"A page took {watch.Elapsed}.");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<Run> AddAsync(LabFixture lab) => lab.Runs.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel);

    private static RunRowLoss Loss(int epoch, int row, double loss) => new() { Epoch = epoch, RowId = row, Loss = loss, Tokens = 7 };

    private static RunProbe Probe(int step, int prompt, string answer, string? thought = null) => new()
    {
        Step = step,
        PromptIndex = prompt,
        Prompt = "1+1?",
        Thought = thought,
        Answer = answer,
        ThoughtTokens = 3,
        AnswerTokens = 5,
        Stopped = true,
        At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };
}
