using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;
using R1Lab.Data.Notifications;

namespace R1Lab.Data.Runs;

/// <summary>Runs and their states. Queue, numbers and events: see the other parts of this class.</summary>
public sealed partial class RunStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <summary>Puts a new run at the end of the queue.</summary>
    public async Task<Run> CreateAsync(Actor actor, NewRun run, CancellationToken cancellationToken = default)
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
            OwnerId = actor.IsSystem ? run.OwnerId : actor.Id,
            OwnerName = actor.IsSystem ? run.OwnerName : actor.Name,
            Status = RunStatus.Queued,
            CreatedAt = time.Now(),
            QueuedAt = time.Now(),
        };
        await writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Train);
                created.QueueOrder = await EndOfQueueAsync(context, token);
                context.Add(created);
                await context.SaveChangesAsync(token);
                context.Audit(actor, time.Now(), AuditActions.RunStart, $"run {created.Id}", created.Name);
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
    public Task<bool> SetStatusAsync(Actor actor, int id, RunStatus status, string? error = null, CancellationToken cancellationToken = default) =>
        SetStatusAsync(actor, id, status, error, null, cancellationToken);

    /// <summary>The run rests until its cause is gone and somebody lets it go on.</summary>
    /// <param name="actor">The worker.</param>
    /// <param name="id">A running run.</param>
    /// <param name="pausedFor">Code of the cause, see <see cref="Run.PausedFor"/>.</param>
    /// <param name="error">The cause in words.</param>
    public Task<bool> PauseAsync(Actor actor, int id, string pausedFor, string error, CancellationToken cancellationToken = default) =>
        SetStatusAsync(actor, id, RunStatus.Paused, error, pausedFor, cancellationToken);

    private Task<bool> SetStatusAsync(Actor actor, int id, RunStatus status, string? error, string? pausedFor, CancellationToken cancellationToken) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var run = await OwnedAsync(context, actor, id, token);
                if (run is null || !RunTransitions.Allowed(run.Status, status)) return false;
                run.Status = status;
                run.Error = error;
                run.PausedFor = pausedFor;
                run.FinishedAt = RunTransitions.Ended(status) ? time.Now() : null;
                if (status == RunStatus.Queued) (run.QueuedAt, run.QueueOrder) = (time.Now(), await EndOfQueueAsync(context, token));
                if (status == RunStatus.Running) run.StartedAt ??= time.Now();
                if (!actor.IsSystem) context.Audit(actor, time.Now(), status == RunStatus.Queued ? AuditActions.RunResume : AuditActions.RunStop, $"run {id}");
                if (NotificationOf(status) is { } kind) await context.NotifyAsync(run.OwnerId, time.Now(), kind, run.Name, $"runs/{id}", token);
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>What the owner is notified of; stopping is what somebody asked for, and an interrupted run continues.</summary>
    private static string? NotificationOf(RunStatus status) => status switch
    {
        RunStatus.Finished => NotificationKinds.RunFinished,
        RunStatus.Failed => NotificationKinds.RunFailed,
        RunStatus.Paused => NotificationKinds.RunPaused,
        _ => null,
    };

    public Task SetOutputPathAsync(Actor actor, int id, string outputPath, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            (context, token) => Own(context, actor, id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.OutputPath, outputPath), token),
            cancellationToken);

    /// <summary>Which rows the run trains on: their hash, and the version of the dataset they were read from.</summary>
    public Task SetDatasetAsync(Actor actor, int id, string hash, int version, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            (context, token) => Own(context, actor, id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.DatasetHash, hash).SetProperty(run => run.DatasetVersion, version), token),
            cancellationToken);

    /// <summary>Steps done, where the last one was not logged.</summary>
    public Task SetStepAsync(Actor actor, int id, int step, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            (context, token) => Own(context, actor, id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.Step, step), token),
            cancellationToken);

    public Task SetFinalLossAsync(Actor actor, int id, double? finalLoss, CancellationToken cancellationToken = default)
    {
        var stored = Storable(finalLoss);
        return writes.RunAsync(
            actor,
            (context, token) => Own(context, actor, id)
                .ExecuteUpdateAsync(set => set.SetProperty(run => run.FinalLoss, stored), token),
            cancellationToken);
    }

    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> RenameAsync(Actor actor, int id, string name, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } run) return false;
                context.Audit(actor, time.Now(), AuditActions.RunRename, $"run {id} {run.Name}", name);
                run.Name = name;
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>Removes a run that is not running, with its numbers and events; its files are the caller's to remove.</summary>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> DeleteAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { Status: not RunStatus.Running } run) return false;
                context.Audit(actor, time.Now(), AuditActions.RunDelete, $"run {id} {run.Name}");
                await context.SaveChangesAsync(token);
                return await context.Runs.Where(one => one.Id == id).ExecuteDeleteAsync(token) == 1;
            },
            cancellationToken);

    /// <summary>Nothing when the actor may change the run, or there is none.</summary>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task DemandAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(actor, (context, token) => OwnedAsync(context, actor, id, token), cancellationToken);

    /// <summary>The run, where the actor may change it; null when there is none.</summary>
    private static async Task<Run?> OwnedAsync(LabDbContext context, Actor actor, int id, CancellationToken cancellationToken)
    {
        actor.Demand(LabRight.Train);
        var run = await context.Runs.FirstOrDefaultAsync(one => one.Id == id, cancellationToken);
        if (run is not null) actor.DemandOwner($"run {id}", run.OwnerId, run.OwnerName);
        return run;
    }

    /// <summary>The run, for what the trainer or the owner of the run writes down about it.</summary>
    private static IQueryable<Run> Own(LabDbContext context, Actor actor, int id)
    {
        actor.Demand(LabRight.Train);
        return context.Runs.Where(run => run.Id == id && (actor.IsSystem || actor.IsAdmin || run.OwnerId == actor.Id));
    }

    /// <summary>At start: what the database still calls running cannot be. Returns the runs that were interrupted; paused ones stay paused.</summary>
    public Task<IReadOnlyList<Run>> MarkInterruptedAsync(Actor actor, CancellationToken cancellationToken = default) =>
        writes.RunAsync<IReadOnlyList<Run>>(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
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
