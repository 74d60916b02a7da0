using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace R1Lab.Data;

/// <summary>
/// Sets on every opened connection what SQLite forgets between connections. FULL makes an acknowledged save survive a power cut.
/// (WAL is remembered by the file and set by <see cref="LabDatabase.MigrateAsync"/>.)
/// </summary>
internal sealed class ConnectionSettings : DbConnectionInterceptor
{
    private const string Pragmas = "PRAGMA busy_timeout=30000; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
