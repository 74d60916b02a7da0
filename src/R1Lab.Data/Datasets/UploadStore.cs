using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Datasets;

/// <summary>Uploads that can go on after a broken connection.</summary>
public sealed class UploadStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    public async Task<UploadSession> CreateAsync(string fileName, long length, string? ownerId, CancellationToken cancellationToken = default)
    {
        var session = new UploadSession
        {
            Id = Guid.NewGuid().ToString("N"),
            FileName = fileName,
            Length = length,
            OwnerId = ownerId,
            CreatedAt = time.Now(),
            ChangedAt = time.Now(),
        };
        await writes.RunAsync(
            (context, token) =>
            {
                context.Add(session);
                return context.SaveChangesAsync(token);
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
    public Task<bool> AdvanceAsync(string id, long from, long to, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) => await context.UploadSessions
                .Where(session => session.Id == id && session.Received == from && from <= to && to <= session.Length)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(session => session.Received, to).SetProperty(session => session.ChangedAt, time.Now()), token) == 1,
            cancellationToken);

    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) => await context.UploadSessions.Where(session => session.Id == id).ExecuteDeleteAsync(token) == 1,
            cancellationToken);

    /// <summary>Sessions nobody continued since <paramref name="before"/>; their files can go.</summary>
    public async Task<IReadOnlyList<UploadSession>> StaleAsync(DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.UploadSessions.AsNoTracking().Where(session => session.ChangedAt < before).ToListAsync(cancellationToken);
    }
}
