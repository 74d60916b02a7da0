using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Logged steps and their numbers, which have a table each.</summary>
public sealed class RunStepTests
{
    [Fact]
    public async Task AppendAsync_NumbersOfAnyKey_ComeBackWithTheirSteps()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        var at = lab.Time.GetUtcNow().AddMilliseconds(7);

        await lab.Runs.AppendAsync(
            Actors.Lab, run,
            [
                Step(3, 1, at, ("z", 1e-300), ("loss", double.NegativeInfinity)),
                Step(1, 0.25, at),
                Step(2, 0.5, at, ("损失", 0), ("z", double.MaxValue)),
            ],
            [], Cancel);

        var steps = await lab.Runs.MetricsAsync(run, cancellationToken: Cancel);
        var places = steps.Select(step => (step.Step, step.TotalSteps, step.Epoch, step.At));
        Assert.Equal([(1, 9, 0.25, at), (2, 9, 0.5, at), (3, 9, 1, at)], places);
        Assert.Equal(["", "z=1.7976931348623157E+308 损失=0", "loss=-Infinity z=1E-300"], steps.Select(Text));
        Assert.Equal(["loss=-Infinity z=1E-300"], (await lab.Runs.MetricsAsync(run, 2, Cancel)).Select(Text));
        Assert.Equal([(2, double.MaxValue), (3, 1e-300)], await lab.Runs.CurveAsync(run, "z", Cancel));
    }

    [Fact]
    public async Task AppendAsync_StepGivenAgain_ReplacesWhatIsNewAndKeepsTheRest()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        var at = lab.Time.GetUtcNow();
        await lab.Runs.AppendAsync(Actors.Lab, run, [Step(1, 1, at, ("a", 1), ("b", 2))], [], Cancel);

        await lab.Runs.AppendAsync(Actors.Lab, run, [Step(1, 2, at.AddSeconds(1), ("b", 0), ("c", double.NaN))], [], Cancel);

        var step = Assert.Single(await lab.Runs.MetricsAsync(run, cancellationToken: Cancel));
        Assert.Equal((2, at.AddSeconds(1), "a=1 b=0"), (step.Epoch, step.At, Text(step)));
    }

    [Fact]
    public async Task DropMetricsAfterAsync_OneOfTwoRuns_DeletesItsLaterStepsAndNumbersOnly()
    {
        await using var lab = await LabFixture.CreateAsync();
        var (run, other) = (await AddAsync(lab), await AddAsync(lab));
        foreach (var one in (int[])[run, other])
        {
            var steps = Enumerable.Range(1, 4).Select(step => Step(step, step, lab.Time.GetUtcNow(), ("a", step), ("b", -step)));
            await lab.Runs.AppendAsync(Actors.Lab, one, [.. steps], [], Cancel);
        }

        await lab.Runs.DropMetricsAfterAsync(Actors.Lab, run, 2, cancellationToken: Cancel);

        Assert.Equal(["a=1 b=-1", "a=2 b=-2"], (await lab.Runs.MetricsAsync(run, cancellationToken: Cancel)).Select(Text));
        Assert.Equal(4, (await lab.Runs.MetricsAsync(other, cancellationToken: Cancel)).Count);
        await using var context = lab.Open();
        Assert.Equal((6, 12), (await context.RunSteps.CountAsync(Cancel), await context.RunMetrics.CountAsync(Cancel)));
    }

    [Fact]
    public async Task DeleteAsync_Run_TakesItsStepsAndNumbersAlong()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        await lab.Runs.AppendAsync(Actors.Lab, run, [Step(1, 1, lab.Time.GetUtcNow(), ("a", 1))], [], Cancel);

        Assert.True(await lab.Runs.DeleteAsync(Actors.Lab, run, Cancel));

        await using var context = lab.Open();
        Assert.Equal((0, 0), (await context.RunSteps.CountAsync(Cancel), await context.RunMetrics.CountAsync(Cancel)));
    }

    [Fact]
    public async Task MetricsAsync_WhileStepsAreAddedAndDropped_NeverSeesAStepWithoutItsNumbers()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await AddAsync(lab);
        var at = lab.Time.GetUtcNow();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writing = Task.Run(
            async () =>
            {
                while (!ending.IsCancellationRequested)
                {
                    var steps = Enumerable.Range(1, 50).Select(step => Step(step, step, at, ("a", step), ("b", step)));
                    await lab.Runs.AppendAsync(Actors.Lab, run, [.. steps], [], Cancel);
                    await lab.Runs.DropMetricsAfterAsync(Actors.Lab, run, 10, cancellationToken: Cancel);
                }
            },
            Cancel);

        for (var reading = 0; reading < 50; reading++)
        {
            var seen = await lab.Runs.MetricsAsync(run, cancellationToken: Cancel);
            Assert.All(seen, step => Assert.Equal($"a={step.Step} b={step.Step}", Text(step)));
        }

        await ending.CancelAsync();
        await writing;
    }

    // The primary key leads to the rows: what these read does not grow with the rest of the run.
    [Theory]
    [InlineData("SELECT Value FROM RunMetrics WHERE RunId = 1 AND Key = 'a' AND Step > 5", "RunMetrics", "RunId=? AND Key=? AND Step>?")]
    [InlineData("SELECT MIN(Key) FROM RunMetrics WHERE RunId = 1 AND Key > 'loss'", "RunMetrics", "RunId=? AND Key>?")]
    [InlineData("SELECT * FROM RunSteps WHERE RunId = 1 AND Step > 5 ORDER BY Step", "RunSteps", "RunId=? AND Step>?")]
    [InlineData("DELETE FROM RunMetrics WHERE RunId = 1", "RunMetrics", "RunId=?")]
    public async Task Statements_OfOneRun_AreFoundByThePrimaryKey(string statement, string table, string terms)
    {
        await using var lab = await LabFixture.CreateAsync();
        await using var context = lab.Open();
        await context.Database.OpenConnectionAsync(Cancel);
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN {statement}";
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        await reader.ReadAsync(Cancel);

        Assert.Equal(($"SEARCH {table} USING PRIMARY KEY ({terms})", false), (reader.GetString(3), await reader.ReadAsync(Cancel)));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<int> AddAsync(LabFixture lab) =>
        (await lab.Runs.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel)).Id;

    private static RunStep Step(int step, double epoch, DateTimeOffset at, params (string Key, double Value)[] values) => new()
    {
        Step = step,
        TotalSteps = 9,
        Epoch = epoch,
        At = at,
        Values = [.. values.Select(value => KeyValuePair.Create(value.Key, value.Value))],
    };

    private static string Text(RunStep step) =>
        string.Join(' ', step.Values.Select(metric => FormattableString.Invariant($"{metric.Key}={metric.Value:R}")));
}
