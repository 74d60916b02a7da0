using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Runs;

/// <summary>The order in which waiting runs are taken.</summary>
public sealed partial class RunStore
{
    /// <summary>The waiting runs, next one first.</summary>
    public async Task<IReadOnlyList<Run>> WaitingAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await InOrder(context).AsNoTracking().ToListAsync(cancellationToken);
    }

    /// <summary>Takes the first waiting run and marks it running, or null when none waits. Two callers never get the same one.</summary>
    public Task<Run?> ClaimNextAsync(Actor actor, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Administer);
                var next = await InOrder(context).FirstOrDefaultAsync(token);
                if (next is null) return null;
                next.Status = RunStatus.Running;
                next.StartedAt ??= time.Now();
                next.FinishedAt = null;
                next.Error = null;
                await context.SaveChangesAsync(token);
                return next;
            },
            cancellationToken);

    /// <summary>Puts a waiting run before another, or at the end when <paramref name="before"/> is null; false where one of them does not wait.</summary>
    public Task<bool> MoveAsync(Actor actor, int id, int? before, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                await OwnedAsync(context, actor, id, token);
                var waiting = await InOrder(context).ToListAsync(token);
                if (waiting.Find(run => run.Id == id) is not { } moved) return false;
                if (id == before) return true;

                waiting.Remove(moved);
                var place = before is null ? waiting.Count : waiting.FindIndex(run => run.Id == before);
                if (place < 0) return false;

                // The places in use are dealt out again, so that runs resumed later still come after all of them; two runs never share one.
                var places = waiting.Append(moved).Select(run => run.QueueOrder).Order().ToList();
                waiting.Insert(place, moved);
                var last = double.NegativeInfinity;
                for (var index = 0; index < waiting.Count; index++) last = waiting[index].QueueOrder = Math.Max(places[index], Math.BitIncrement(last));
                if (!actor.IsSystem) context.Audit(actor, time.Now(), AuditActions.RunMove, $"run {id}", before is null ? "to the end" : $"before run {before}");
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    private static IQueryable<Run> InOrder(LabDbContext context) =>
        context.Runs.Where(run => run.Status == RunStatus.Queued).OrderBy(run => run.QueueOrder).ThenBy(run => run.Id);

    private static async Task<double> EndOfQueueAsync(LabDbContext context, CancellationToken cancellationToken) =>
        (await context.Runs.MaxAsync(run => (double?)run.QueueOrder, cancellationToken) ?? 0) + 1;
}
