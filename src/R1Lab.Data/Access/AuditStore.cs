using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>The audit log: only ever appended to. Stores append to it in the transaction of the change itself; see <see cref="AuditLog"/>.</summary>
public sealed class AuditStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <summary>Appends an entry for something that changes no record, for example an export.</summary>
    public Task RecordAsync(Actor actor, string action, string? subject = null, string? detail = null, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            (context, token) =>
            {
                context.Audit(actor, time.Now(), action, subject, detail);
                return context.SaveChangesAsync(token);
            },
            cancellationToken);

    /// <summary>Newest first; <paramref name="action"/> keeps entries whose action begins with it.</summary>
    public async Task<AuditPage> PageAsync(int offset, int limit, string? action = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var entries = context.AuditEntries.AsNoTracking().Where(entry => action == null || entry.Action.StartsWith(action));
        var total = await entries.CountAsync(cancellationToken);
        var page = await entries.OrderByDescending(entry => entry.Id).Skip(offset).Take(limit).ToListAsync(cancellationToken);
        return new AuditPage(page, total);
    }
}

public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, int Total);
