using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Datasets;

namespace R1Lab.Data;

/// <summary>The database file as a whole: bringing it up to date, backing it up, asking whether it works.</summary>
public sealed class LabDatabase(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, string path)
{
    public string Path { get; } = path;

    /// <summary>Creates or upgrades the database. Call once at start, before any store is used.</summary>
    /// <exception cref="NewerDatabaseException">The file was written by a newer version.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        // The operating system frees this lock when the process dies, unlike a row in a table.
        await using var alone = new FileStream(Path + ".migrating", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await RefuseNewerAsync(context, cancellationToken);
        // Lets readers go on while one writes; the file remembers it.
        await context.Database.ExecuteSqlAsync($"PRAGMA journal_mode=WAL", cancellationToken);
        await ForgetLockOfKilledMigrationAsync(context, cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
        await context.Datasets.Where(dataset => dataset.State == DatasetState.Importing).ExecuteDeleteAsync(cancellationToken);
        KeepPrivate();
    }

    /// <summary>Writes a whole, consistent copy while the lab goes on working. A plain file copy would lose what is still in the WAL.</summary>
    public async Task BackupAsync(string target, CancellationToken cancellationToken = default)
    {
        if (File.Exists(target)) throw new RecordConflictException($"The backup file {target} exists already.");
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Database.ExecuteSqlAsync($"VACUUM INTO {target}", cancellationToken);
    }

    /// <summary>Null when the database can be read and written, else the reason in words.</summary>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await writes.RunAsync(
                (context, token) => context.Database.ExecuteSqlAsync(
                    $"INSERT INTO Settings (Key, Value) VALUES ('health.probe', '1') ON CONFLICT (Key) DO UPDATE SET Value = excluded.Value", token),
                cancellationToken);
            return null;
        }
        catch (SqliteException fault)
        {
            return fault.Message;
        }
    }

    private async Task RefuseNewerAsync(LabDbContext context, CancellationToken cancellationToken)
    {
        var known = context.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var applied = await context.Database.GetAppliedMigrationsAsync(cancellationToken);
        if (applied.FirstOrDefault(migration => !known.Contains(migration)) is { } unknown) throw new NewerDatabaseException(Path, unknown);
    }

    private static async Task ForgetLockOfKilledMigrationAsync(LabDbContext context, CancellationToken cancellationToken) =>
        await context.Database.ExecuteSqlAsync($"DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellationToken);

    private void KeepPrivate()
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
