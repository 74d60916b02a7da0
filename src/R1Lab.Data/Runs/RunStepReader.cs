using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SQLitePCL;

namespace R1Lab.Data.Runs;

/// <summary>
/// Reads logged steps with their numbers. The numbers come curve by curve, as they lie in the table, and are dealt out to the steps: one
/// key is then one string, and not one for each
/// of a million numbers.
/// </summary>
internal static class RunStepReader
{
    /// <summary>Jumps from one key to the next instead of reading every number between them.</summary>
    private const string Keys =
        """
        WITH RECURSIVE Found (Key) AS (
            SELECT MIN(Key) FROM RunMetrics WHERE RunId = {0}
            UNION ALL
            SELECT (SELECT MIN(Key) FROM RunMetrics WHERE RunId = {0} AND Key > Found.Key) FROM Found WHERE Found.Key IS NOT NULL)
        SELECT Key AS Value FROM Found WHERE Key IS NOT NULL
        """;

    private const string Steps = "SELECT Step, TotalSteps, Epoch, At FROM RunSteps WHERE RunId = ? AND Step > ? ORDER BY Step";
    private const string Numbers = "SELECT Step, Value FROM RunMetrics WHERE RunId = ? AND Step > ? AND Key = ? ORDER BY Step";

    /// <summary>The keys that the run has numbers of.</summary>
    public static Task<List<string>> KeysAsync(LabDbContext context, int runId, CancellationToken cancellationToken) =>
        context.Database.SqlQueryRaw<string>(Keys, runId).ToListAsync(cancellationToken);

    /// <summary>In order of steps, those after <paramref name="sinceStep"/>.</summary>
    public static async Task<IReadOnlyList<RunStep>> ReadAsync(
        LabDbContext context, int runId, int sinceStep, CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken);
        var connection = (SqliteConnection)context.Database.GetDbConnection();
        // One picture of both tables, even while others write. Deferred: it never takes the write lock.
        await using var picture = connection.BeginTransaction(deferred: true);
        await context.Database.UseTransactionAsync(picture, cancellationToken);
        var steps = new List<RunStep>();
        foreach (var row in connection.Rows(Steps, cancellationToken, runId, sinceStep)) steps.Add(StepOf(runId, row));
        var keys = await KeysAsync(context, runId, cancellationToken);
        var values = steps.ConvertAll(_ => new KeyValuePair<string, double>[keys.Count]);
        var counts = new int[steps.Count];
        foreach (var key in keys) Deal(connection.Rows(Numbers, cancellationToken, runId, sinceStep, key), key, steps, values, counts);
        for (var index = 0; index < steps.Count; index++)
            steps[index].Values = new ArraySegment<KeyValuePair<string, double>>(values[index], 0, counts[index]);
        return steps;
    }

    /// <summary>One number over the steps that have it, in order.</summary>
    public static async Task<IReadOnlyList<(int Step, double Value)>> CurveAsync(
        LabDbContext context, int runId, string key, CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken);
        var rows = ((SqliteConnection)context.Database.GetDbConnection()).Rows(Numbers, cancellationToken, runId, int.MinValue, key);
        return [.. rows.Select(row => (raw.sqlite3_column_int(row, 0), raw.sqlite3_column_double(row, 1)))];
    }

    /// <summary>Both are in order of steps, and every number belongs to a step.</summary>
    private static void Deal(
        IEnumerable<sqlite3_stmt> rows, string key, List<RunStep> steps, List<KeyValuePair<string, double>[]> values, int[] counts)
    {
        var index = 0;
        foreach (var row in rows)
        {
            var step = raw.sqlite3_column_int(row, 0);
            while (steps[index].Step < step) index++;
            values[index][counts[index]++] = new(key, raw.sqlite3_column_double(row, 1));
        }
    }

    private static RunStep StepOf(int runId, sqlite3_stmt row) => new()
    {
        RunId = runId,
        Step = raw.sqlite3_column_int(row, 0),
        TotalSteps = raw.sqlite3_column_int(row, 1),
        Epoch = raw.sqlite3_column_double(row, 2),
        At = DateTimeOffset.FromUnixTimeMilliseconds(raw.sqlite3_column_int64(row, 3)),
    };
}
