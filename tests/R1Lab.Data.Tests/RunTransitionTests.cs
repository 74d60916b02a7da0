using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>The whole table of what may become of a run, written out, and the store held against it.</summary>
public sealed class RunTransitionTests
{
    /// <summary>One line a state: what may follow it, whether it can be resumed, whether it has ended.</summary>
    public static TheoryData<RunStatus, RunStatus[], bool, bool> Table => new()
    {
        { RunStatus.Queued, [RunStatus.Running, RunStatus.Failed, RunStatus.Stopped], false, false },
        {
            RunStatus.Running, [RunStatus.Paused, RunStatus.Finished, RunStatus.Failed, RunStatus.Interrupted, RunStatus.Stopped],
            false, false
        },
        {
            RunStatus.Paused, [RunStatus.Queued, RunStatus.Running, RunStatus.Failed, RunStatus.Interrupted, RunStatus.Stopped],
            true, false
        },
        { RunStatus.Finished, [], false, true },
        { RunStatus.Failed, [RunStatus.Queued], true, true },
        { RunStatus.Interrupted, [RunStatus.Queued], true, true },
        { RunStatus.Stopped, [RunStatus.Queued], true, true },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Table))]
    public void Allowed_EveryPairOfStates_IsAsTheTableSays(RunStatus from, RunStatus[] next, bool resumable, bool ended)
    {
        Assert.Equal(next, Enum.GetValues<RunStatus>().Where(to => RunTransitions.Allowed(from, to)));
        Assert.Equal((resumable, ended), (RunTransitions.Resumable(from), RunTransitions.Ended(from)));
    }

    [Theory, MemberData(nameof(Table))]
    public async Task SetStatusAsync_EveryPairOfStates_ChangesTheRunWhereTheTableAllowsIt(
        RunStatus from, RunStatus[] next, bool resumable, bool ended)
    {
        await using var lab = await LabFixture.CreateAsync();
        _ = (resumable, ended);
        foreach (var to in Enum.GetValues<RunStatus>())
        {
            var (run, other) = (await AddAsync(lab, from), await AddAsync(lab, from));

            var moved = await lab.Runs.SetStatusAsync(Actors.Lab, run, to, cancellationToken: Cancel);

            var after = (await lab.Runs.GetAsync(run, Cancel))!;
            Assert.Equal((next.Contains(to), next.Contains(to) ? to : from), (moved, after.Status));
            if (moved) Assert.Equal(RunTransitions.Ended(to), after.FinishedAt is not null);
            Assert.Equal(from, (await lab.Runs.GetAsync(other, Cancel))!.Status);
        }
    }

    [Fact]
    public async Task SetStatusAsync_PausedRunGoesOn_KeepsWhenItFirstStarted()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = (await lab.Runs.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel)).Id;
        var started = lab.Time.GetUtcNow();
        await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);

        foreach (var status in new[] { RunStatus.Paused, RunStatus.Running, RunStatus.Stopped, RunStatus.Queued })
        {
            lab.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.True(await lab.Runs.SetStatusAsync(Actors.Lab, run, status, cancellationToken: Cancel));
        }

        Assert.Equal(started, (await lab.Runs.ClaimNextAsync(Actors.Lab, Cancel))!.StartedAt);
    }

    private static async Task<int> AddAsync(LabFixture lab, RunStatus status)
    {
        var run = await lab.Runs.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel);
        await using var context = lab.Open();
        context.Attach(run).Entity.Status = status;
        await context.SaveChangesAsync(Cancel);
        return run.Id;
    }
}
