using Microsoft.Data.Sqlite;

namespace R1Lab.Data;

/// <summary>Tells whether a write failed because the disk is full; the database is as it was before.</summary>
public static class FullDisk
{
    private const int SqliteFull = 13;                           // SQLITE_FULL
    private const int NoSpaceOnDevice = 28;                      // ENOSPC
    private const int DiskFullResult = unchecked((int)0x80070070); // ERROR_DISK_FULL

    public static bool Is(Exception error) => error.GetBaseException() is SqliteException { SqliteErrorCode: SqliteFull }
        or IOException { HResult: NoSpaceOnDevice or DiskFullResult };
}
