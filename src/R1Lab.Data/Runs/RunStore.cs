using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Runs;

/// <summary>Runs and their states. Queue, numbers and events: see the other parts of this class.</summary>
public sealed partial class RunStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <summary>Puts a new run at the end of the queue.</summary>
    public async Task<Run> CreateAsync(NewRun run, CancellationToken cancellationToken = default)
    {
        var created = new Run
        {
            Name = run.Name,
            RecipeJson = run.RecipeJson,
            ModelName = run.ModelName,
            DatasetId = run.DatasetId,
            DatasetName = run.DatasetName,
            DatasetVersion = run.DatasetVersion,
            DatasetHash = run.DatasetHash,
            TotalSteps = run.TotalSteps,
            OutputPath = run.OutputPath,
            OwnerId = run.OwnerId,
            OwnerName = run.OwnerName,
            Status = RunStatus.Queued,
            CreatedAt = time.Now(),
            QueuedAt = time.Now(),
        };
        await writes.RunAsync(
            async (context, token) =>
            {
                created.QueueOrder = await EndOfQueueAsync(context, token);
                context.Add(created);
                await context.SaveChangesAsync(token);
            },
            cancellationToken);
        return created;
    }

    /// <summary>Newest first; all states when <paramref name="status"/> is null.</summary>
    public async Task<IReadOnlyList<Run>> ListAsync(RunStatus? status = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Runs.AsNoTracking().Where(run => status == null || run.Status == status)
            .OrderByDescending(run => run.Id).ToListAsync(cancellationToken);
    }

    public async Task<Run?> GetAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Runs.AsNoTracking().FirstOrDefaultAsync(run => run.Id == id, cancellationToken);
    }

    /// <summary>Moves a run to another state where <see cref="RunTransitions"/> allows it; false, and nothing changed, where not.</summary>
    public Task<bool> SetStatusAsync(int id, RunStatus status, string? error = null, CancellationToken cancellationToken = default) =>
        SetStatusAsync(id, status, error, null, cancellationToken);

    /// <summary>The run rests until its cause is gone and somebody lets it go on.</summary>
    /// <param name="id">A running run.</param>
    /// <param name="pausedFor">Code of the cause, see <see cref="Run.PausedFor"/>.</param>
    /// <param name="error">The cause in words.</param>
    public Task<bool> PauseAsync(int id, string pausedFor, string error, CancellationToken cancellationToken = default) =>
        SetStatusAsync(id, RunStatus.Paused, error, pausedFor, cancellationToken);

    private Task<bool> SetStatusAsync(int id, RunStatus status, string? error, string? pausedFor, CancellationToken cancellationToken) =>
        writes.RunAsync(
            async (context, token) =>
            {
                var run = await context.Runs.FirstOrDefaultAsync(one => one.Id == id, token);
                if (run is null || !RunTransitions.Allowed(run.Status, status)) return false;
                run.Status = status;
                run.Error = error;
                run.PausedFor = pausedFor;
                run.FinishedAt = RunTransitions.Ended(status) ? time.Now() : null;
                if (status == RunStatus.Queued) (run.QueuedAt, run.QueueOrder) = (time.Now(), await EndOfQueueAsync(context, token));
                if (status == RunStatus.Running) run.StartedAt ??= time.Now();
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    public Task SetOutputPathAsync(int id, string outputPath, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            (context, token) => context.Runs.Where(run => run.Id == id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.OutputPath, outputPath), token),
            cancellationToken);

    /// <summary>Which rows the run trains on: their hash, and the version of the dataset they were read from.</summary>
    public Task SetDatasetAsync(int id, string hash, int version, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            (context, token) => context.Runs.Where(run => run.Id == id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.DatasetHash, hash).SetProperty(run => run.DatasetVersion, version), token),
            cancellationToken);

    /// <summary>Steps done, where the last one was not logged.</summary>
    public Task SetStepAsync(int id, int step, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            (context, token) => context.Runs.Where(run => run.Id == id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.Step, step), token),
            cancellationToken);

    public Task SetFinalLossAsync(int id, double? finalLoss, CancellationToken cancellationToken = default)
    {
        var stored = Storable(finalLoss);
        return writes.RunAsync(
            (context, token) => context.Runs.Where(run => run.Id == id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.FinalLoss, stored), token),
            cancellationToken);
    }

    public Task<bool> RenameAsync(int id, string name, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) => await context.Runs.Where(run => run.Id == id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.Name, name), token) == 1,
            cancellationToken);

    /// <summary>Removes a run that is not running, with its numbers and events; its files are the caller's to remove.</summary>
    public Task<bool> DeleteAsync(int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) => await context.Runs.Where(run => run.Id == id && run.Status != RunStatus.Running)
                .ExecuteDeleteAsync(token) == 1,
            cancellationToken);

    /// <summary>At start: what the database still calls running cannot be. Returns the runs that were interrupted; paused ones stay paused.</summary>
    public Task<IReadOnlyList<Run>> MarkInterruptedAsync(CancellationToken cancellationToken = default) =>
        writes.RunAsync<IReadOnlyList<Run>>(
            async (context, token) =>
            {
                var cut = await context.Runs.Where(run => run.Status == RunStatus.Running).ToListAsync(token);
                foreach (var run in cut)
                {
                    run.Status = RunStatus.Interrupted;
                    run.FinishedAt = time.Now();
                }

                await context.SaveChangesAsync(token);
                return cut;
            },
            cancellationToken);
}
