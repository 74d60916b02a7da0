using Microsoft.Data.Sqlite;

namespace R1Lab.Data;

/// <summary>Tells whether a write failed because the disk of the database is full; the database is as it was before.</summary>
public static class FullDisk
{
    private const int SqliteFull = 13; // SQLITE_FULL

    public static bool Is(Exception error) => error.GetBaseException() is SqliteException { SqliteErrorCode: SqliteFull };
}
