using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>Small values that people change while the lab runs.</summary>
public sealed class SettingsStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    public async Task<string?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Settings.Where(setting => setting.Key == key).Select(setting => setting.Value).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Stores the value; null forgets it.</summary>
    /// <param name="action">One of <see cref="AuditActions"/>, where the change belongs into the audit log.</param>
    public Task SetAsync(
        Actor actor, string key, string? value, string? action = null, string? detail = null, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Train);
                if (action is not null) context.Audit(actor, time.Now(), action, null, detail);
                await context.SaveChangesAsync(token);
                await (value is null
                    ? context.Settings.Where(setting => setting.Key == key).ExecuteDeleteAsync(token)
                    : context.Database.ExecuteSqlAsync(
                        $"INSERT INTO Settings (Key, Value) VALUES ({key}, {value}) ON CONFLICT (Key) DO UPDATE SET Value = excluded.Value", token));
            },
            cancellationToken);
}
