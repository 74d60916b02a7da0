using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace R1Lab.Data;

/// <summary>Finds out whether the database file is what it was, without changing a byte of it.</summary>
internal static class DatabaseCheck
{
    private const int SqliteCorrupt = 11;      // SQLITE_CORRUPT
    private const int SqliteInterrupt = 9;     // SQLITE_INTERRUPT
    private const int SqliteNotADatabase = 26; // SQLITE_NOTADB

    // A check that takes longer is given up: a database of many gigabytes must not hold up the start for minutes.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    // What a lab keeps beside its database. The keys are written when the first page is opened, long after the database.
    private static readonly string[] Companions = ["runs", "uploads", "keys"];

    /// <exception cref="DamagedDatabaseException">The database is missing beside what belongs to it, or is not as the lab left it.</exception>
    public static async Task RefuseDamagedAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            if (CompanionOf(path) is { } companion) throw new DamagedDatabaseException(path, $"it is missing, but {companion} of the same lab is there");
            return;
        }

        // A database appears under its name only when it is complete (LabDatabase.CreateAsync), so an empty one was not left by the lab.
        if (new FileInfo(path).Length == 0) throw new DamagedDatabaseException(path, "the file is empty");
        if (await FaultOfAsync(path, cancellationToken) is { } fault) throw new DamagedDatabaseException(path, fault);
    }

    /// <summary>Whether the error says that the file is damaged, and not that it is locked, full or read-only.</summary>
    public static bool IsDamage(SqliteException error) => error.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase;

    private static string? CompanionOf(string path)
    {
        var log = path + "-wal";
        if (File.Exists(log) && new FileInfo(log).Length > 0) return log;
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Companions.Select(name => Path.Combine(folder, name)).FirstOrDefault(found => Directory.Exists(found) && Directory.EnumerateFileSystemEntries(found).Any());
    }

    private static async Task<string?> FaultOfAsync(string path, CancellationToken cancellationToken)
    {
        // Read-only: closing the last writing connection would copy the WAL into a file that may be damaged.
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        await using var connection = new SqliteConnection(settings.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken);
            return await Task.Run(() => QuickCheck(connection) ?? Contents(connection), cancellationToken);
        }
        catch (SqliteException error) when (IsDamage(error))
        {
            return error.Message;
        }
    }

    private static string? QuickCheck(SqliteConnection connection)
    {
        using var limit = new Timer(_ => raw.sqlite3_interrupt(connection.Handle), null, TimeLimit, Timeout.InfiniteTimeSpan);
        try
        {
            var verdict = Scalar(connection, "PRAGMA quick_check(1)") as string;
            return verdict == "ok" ? null : verdict;
        }
        catch (SqliteException error) when (error.SqliteErrorCode == SqliteInterrupt)
        {
            return null;
        }
    }

    private static string? Contents(SqliteConnection connection) =>
        Scalar(connection, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsHistory'") is 1L
            && Scalar(connection, "SELECT count(*) FROM \"__EFMigrationsHistory\"") is > 0L
            ? null
            : "it holds none of the lab's tables";

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
