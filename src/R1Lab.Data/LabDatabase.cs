using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Datasets;

namespace R1Lab.Data;

/// <summary>The database file as a whole: bringing it up to date, backing it up, asking whether it works.</summary>
public sealed class LabDatabase(IDbContextFactory<LabDbContext> contexts, string path)
{
    private const int SqliteBusy = 5; // SQLITE_BUSY

    public string Path { get; } = path;

    /// <summary>Creates or upgrades the database. Call once at start, before any store is used.</summary>
    /// <exception cref="NewerDatabaseException">The file was written by a newer version.</exception>
    /// <exception cref="DamagedDatabaseException">The file is damaged, empty, or missing from a folder that a lab has used.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        // The operating system frees this lock when the process dies, unlike a row in a table.
        await using var alone = new FileStream(Path + ".migrating", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        await DatabaseCheck.RefuseDamagedAsync(Path, cancellationToken);
        if (!File.Exists(Path)) await CreateAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await RefuseNewerAsync(context, cancellationToken);
        KeepPrivate(Path);
        // Lets readers go on while one writes; the file remembers it.
        await context.Database.ExecuteSqlAsync($"PRAGMA journal_mode=WAL", cancellationToken);
        await ForgetLockOfKilledMigrationAsync(context, cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
        await context.Datasets.Where(dataset => dataset.State == DatasetState.Importing).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Writes a whole, consistent copy while the lab goes on working. A plain file copy would lose what is still in the WAL.</summary>
    /// <exception cref="RecordConflictException">There is a file already.</exception>
    /// <exception cref="RecordNotFoundException">There is no database to copy.</exception>
    public async Task BackupAsync(string target, CancellationToken cancellationToken = default)
    {
        if (File.Exists(target)) throw new RecordConflictException($"The backup file {target} exists already.");
        if (!File.Exists(Path)) throw new RecordNotFoundException("database", Path);
        var unfinished = target + ".unfinished";
        File.Delete(unfinished);
        try
        {
            await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
                await context.Database.ExecuteSqlAsync($"VACUUM INTO {unfinished}", cancellationToken);
            KeepPrivate(unfinished);
            File.Move(unfinished, target);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>
    /// Null when the database can be read and written, else the reason in words. Takes the write lock and gives it back, and writes nothing.
    /// The connection is a new one: a connection that is already open also works on a file that was deleted or may no longer be written.
    /// </summary>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken = default)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 1 };
        await using var connection = new SqliteConnection(settings.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var transaction = connection.BeginTransaction(deferred: false);
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM Settings";
            await command.ExecuteScalarAsync(cancellationToken);
            return null;
        }
        catch (SqliteException fault) when (fault.SqliteErrorCode == SqliteBusy)
        {
            return null; // somebody writes at this moment
        }
        catch (SqliteException fault)
        {
            return fault.Message;
        }
    }

    // Under another name until it is complete: a process that is killed here leaves nothing that looks like a damaged database.
    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        var unfinished = Path + ".new";
        foreach (var left in new[] { unfinished, unfinished + "-wal", unfinished + "-shm", unfinished + "-journal" }) File.Delete(left);
        var options = new DbContextOptionsBuilder<LabDbContext>();
        DataServices.Configure(options, unfinished);
        await using (var context = new LabDbContext(options.Options))
        {
            await context.Database.MigrateAsync(cancellationToken);
            await context.Database.ExecuteSqlAsync($"PRAGMA wal_checkpoint(TRUNCATE)", cancellationToken);
            SqliteConnection.ClearPool((SqliteConnection)context.Database.GetDbConnection());
        }

        KeepPrivate(unfinished);
        File.Move(unfinished, Path);
    }

    private async Task RefuseNewerAsync(LabDbContext context, CancellationToken cancellationToken)
    {
        var known = context.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var applied = await context.Database.GetAppliedMigrationsAsync(cancellationToken);
        if (applied.FirstOrDefault(migration => !known.Contains(migration)) is { } unknown) throw new NewerDatabaseException(Path, unknown);
    }

    private static async Task ForgetLockOfKilledMigrationAsync(LabDbContext context, CancellationToken cancellationToken) =>
        await context.Database.ExecuteSqlAsync($"DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellationToken);

    private static void KeepPrivate(string file)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
