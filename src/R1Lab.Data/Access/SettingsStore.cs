using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Access;

/// <summary>Small values that people change while the lab runs.</summary>
public sealed class SettingsStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes)
{
    public async Task<string?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Settings.Where(setting => setting.Key == key).Select(setting => setting.Value).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Stores the value; null forgets it.</summary>
    public Task SetAsync(string key, string? value, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            (context, token) => value is null
                ? context.Settings.Where(setting => setting.Key == key).ExecuteDeleteAsync(token)
                : context.Database.ExecuteSqlAsync(
                    $"INSERT INTO Settings (Key, Value) VALUES ({key}, {value}) ON CONFLICT (Key) DO UPDATE SET Value = excluded.Value", token),
            cancellationToken);
}
