using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Datasets;

/// <summary>Uploads that can go on after a broken connection.</summary>
public sealed class UploadStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <summary>Announces a file. The quota is checked in the transaction that stores it, so announcing many at once does not avoid it.</summary>
    /// <exception cref="UploadRefusedException">The quota or the disk has no room for it.</exception>
    public async Task<UploadSession> CreateAsync(
        Actor actor, string fileName, long length, UploadQuota quota, CancellationToken cancellationToken = default)
    {
        var session = new UploadSession
        {
            Id = Guid.NewGuid().ToString("N"),
            FileName = fileName,
            Length = length,
            OwnerId = actor.Id,
            CreatedAt = time.Now(),
            ChangedAt = time.Now(),
        };
        await writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Train);
                await quota.RefuseAsync(context, session, token);
                context.Add(session);
                context.Audit(actor, time.Now(), AuditActions.UploadBegin, $"upload {session.Id}", $"{fileName}, {length} bytes");
                await context.SaveChangesAsync(token);
            },
            cancellationToken);
        return session;
    }

    public async Task<UploadSession?> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.UploadSessions.AsNoTracking().FirstOrDefaultAsync(session => session.Id == id, cancellationToken);
    }

    /// <summary>Notes that a piece arrived; false when another piece was noted first or it would pass the announced length.</summary>
    public Task<bool> AdvanceAsync(Actor actor, string id, long from, long to, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) => await OwnedAsync(context, actor, id, token) && await context.UploadSessions
                .Where(session => session.Id == id && session.Received == from && from <= to && to <= session.Length)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(session => session.Received, to).SetProperty(session => session.ChangedAt, time.Now()), token) == 1,
            cancellationToken);

    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> DeleteAsync(Actor actor, string id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (!await OwnedAsync(context, actor, id, token)) return false;
                context.Audit(actor, time.Now(), AuditActions.UploadRemove, $"upload {id}");
                await context.SaveChangesAsync(token);
                return await context.UploadSessions.Where(session => session.Id == id).ExecuteDeleteAsync(token) == 1;
            },
            cancellationToken);

    /// <summary>Nothing when the actor may use the upload, or there is none.</summary>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task DemandAsync(Actor actor, string id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(actor, (context, token) => OwnedAsync(context, actor, id, token), cancellationToken);

    public async Task<IReadOnlyList<string>> IdsAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.UploadSessions.Select(session => session.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Whether there is such an upload, which only its owner and administrators may touch.</summary>
    private static async Task<bool> OwnedAsync(LabDbContext context, Actor actor, string id, CancellationToken cancellationToken)
    {
        actor.Demand(LabRight.Train);
        if (await context.UploadSessions.AsNoTracking().FirstOrDefaultAsync(session => session.Id == id, cancellationToken) is not { } session) return false;
        actor.DemandOwner($"upload {id}", session.OwnerId, "somebody else");
        return true;
    }

    /// <summary>Sessions without a new piece since <paramref name="before"/>, and those whose owner's account is gone; their files can go.</summary>
    public async Task<IReadOnlyList<UploadSession>> StaleAsync(DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.UploadSessions.AsNoTracking().Where(session => session.ChangedAt < before
            || (session.OwnerId != null && !session.OwnerId.StartsWith("key ") && !context.Users.Any(user => user.Id == session.OwnerId))).ToListAsync(cancellationToken);
    }
}
