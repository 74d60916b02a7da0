using System.IO.Compression;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>
/// Databases of earlier versions open with everything they hold. The files and the program that made them: tests/Golden/databases.
/// </summary>
public sealed class UpgradeTests : IDisposable
{
    private const string LastBefore = "20261129112729_Notifications";

    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    // What the migrations to metrics as rows and to rows of one form replace.
    private static readonly string[] Replaced = ["RunMetrics", "RunSteps", "DatasetRows", "DatasetEditRows", "__EFMigrationsHistory", "__EFMigrationsLock"];

    private readonly string _folder = Directory.CreateTempSubdirectory("r1lab-upgrade-").FullName;

    public UpgradeTests()
    {
        using var packed = File.OpenRead(ReferenceFiles.Golden("databases", "before-run-metrics.db.gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var file = File.Create(DatabasePath);
        unpacked.CopyTo(file);
    }

    private string DatabasePath => Path.Combine(_folder, "lab.db");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task MigrateAsync_RunOfManySteps_KeepsEveryNumber()
    {
        await using var lab = LabFixture.At(_folder);

        await lab.Database.MigrateAsync(Cancel);

        var steps = await lab.Runs.MetricsAsync(1, cancellationToken: Cancel);
        Assert.Equal(Enumerable.Range(1, 120).Select(Expected), steps.Select(Text));
    }

    [Fact]
    public async Task MigrateAsync_ValuesAtTheEdges_AreKeptToTheLastBitAndNullIsMissing()
    {
        await using var lab = LabFixture.At(_folder);

        await lab.Database.MigrateAsync(Cancel);

        Assert.Equal(
            [
                "1/3 0.3333333333333333 2026-01-02T03:04:05.000 learning_rate=0 loss=Infinity loss_scale=65536 memory_bytes=0 "
                    + "micro_batch_size=0 seconds_per_step=0 skipped_steps=1 tokens_per_second=0",
                "2/3 0.6666666666666666 2026-01-02T03:04:05.001 device_memory_bytes=9007199254740991 device_temperature=61.5 "
                    + "device_utilization=0.97 eval_loss=1E-300 eval_token_accuracy=0 grad_norm=1.7976931348623157E+308 "
                    + "learning_rate=5E-324 loss=0.30000000000000004 loss_scale=0.5 memory_bytes=4503599627370496 micro_batch_size=1 "
                    + "seconds_per_step=1E-09 skipped_steps=2147483647 tokens_per_second=333333333.3333333",
                "3/3 1 2027-01-02T03:04:05.000 eval_loss=-Infinity learning_rate=0.0001 memory_bytes=0 micro_batch_size=0 "
                    + "seconds_per_step=0 skipped_steps=0 tokens_per_second=0",
            ],
            (await lab.Runs.MetricsAsync(2, cancellationToken: Cancel)).Select(Text));
        Assert.Empty(await lab.Runs.MetricsAsync(3, cancellationToken: Cancel));
    }

    [Fact]
    public async Task MigrateAsync_RunsThemselves_GoOnAsBefore()
    {
        await using var lab = LabFixture.At(_folder);

        await lab.Database.MigrateAsync(Cancel);

        var runs = (await lab.Runs.ListAsync(cancellationToken: Cancel)).OrderBy(run => run.Id);
        Assert.Equal(
            [
                (1, "many points", 120, 0.5 + (2.0 / 120), 120),
                (2, "edges", 3, double.NegativeInfinity, 3),
                (3, "no points", 0, null, (int?)null),
            ],
            runs.Select(run => (run.Id, run.Name, run.Step, run.BestEvalLoss, run.BestStep)));
        Assert.Equal(0.5 + (2.0 / 120), (await lab.Runs.LedgerAsync(1, Cancel)).HeldOut);
        await lab.Runs.DropMetricsAfterAsync(Actors.Lab, 1, 70, cancellationToken: Cancel);
        var run = (await lab.Runs.GetAsync(1, Cancel))!;
        Assert.Equal((60, 0.5 + (2.0 / 60)), (run.BestStep, run.BestEvalLoss));
    }

    [Fact]
    public async Task MigrateAsync_RowsOfADataset_KeepTheirTextAndTheirLine()
    {
        await using var lab = LabFixture.At(_folder);

        await lab.Database.MigrateAsync(Cancel);

        var rows = (await lab.Datasets.PageAsync(1, 0, 9, cancellationToken: Cancel)).Rows;
        Assert.Equal([(1, 0), (2, 1), (3, 2)], rows.Select(row => (row.Id, row.Position)));
        Assert.Equal([("1+1?", "2"), ("1+2?", "3"), ("头痛怎么办？", "多休息。")], rows.Select(row => (row.Prompt(), row.Response())));
        Assert.Equal("{\"prompt\": \"头痛怎么办？\", \"response\": \"多休息。\"}", rows[2].Line);
        Assert.Equal(1, (await lab.Datasets.PageAsync(1, 0, 9, "多休", Cancel)).Total);
    }

    [Fact]
    public async Task MigrateAsync_EveryOtherTable_IsUntouched()
    {
        var before = Dump(DatabasePath);
        await using var lab = LabFixture.At(_folder);

        await lab.Database.MigrateAsync(Cancel);

        SqliteConnection.ClearAllPools();
        var after = Dump(DatabasePath);
        string[] filled = ["DatasetRows", "Datasets", "Models", "Conversations", "Studies", "StudyItems", "RunProbes", "RunRowLosses"];
        Assert.Equal([3, 1, 1, 1, 1, 1, 1, 2], filled.Select(table => before[table].Count));
        Assert.All(before.Where(table => !Replaced.Contains(table.Key)), table => Assert.Equal(table.Value, after[table.Key]));
        Assert.DoesNotContain("RunMetricColumns", after.Keys);
    }

    [Fact]
    public async Task MigrateBack_ToTheVersionBefore_GivesTheOldTableBack()
    {
        var before = Dump(DatabasePath)["RunMetrics"];
        await using var lab = LabFixture.At(_folder);
        await lab.Database.MigrateAsync(Cancel);
        await using (var context = lab.Open()) await context.GetService<IMigrator>().MigrateAsync(LastBefore, Cancel);

        SqliteConnection.ClearAllPools();
        Assert.Equal(before, Dump(DatabasePath)["RunMetrics"]);
        await lab.Database.MigrateAsync(Cancel);
        Assert.Equal(120, (await lab.Runs.MetricsAsync(1, cancellationToken: Cancel)).Count);
    }

    // As make.cs wrote it.
    private static string Expected(int step)
    {
        var values = new SortedDictionary<string, double?>(StringComparer.Ordinal)
        {
            ["eval_loss"] = step % 20 == 0 ? 0.5 + (2.0 / step) : null,
            ["eval_token_accuracy"] = step % 20 == 0 ? step / 130.0 : null,
            ["grad_norm"] = step % 7 == 0 ? null : 1.0 / (step + 1),
            ["learning_rate"] = 1e-4 * (120 - step) / 120,
            ["loss"] = 3.0 / step,
            ["memory_bytes"] = 1_000_000_007L * step,
            ["micro_batch_size"] = 4,
            ["seconds_per_step"] = 0.1 + (step / 1000.0),
            ["skipped_steps"] = 0,
            ["tokens_per_second"] = 1000 + (step / 3.0),
        };
        return Text(new RunStep
        {
            Step = step,
            TotalSteps = 120,
            Epoch = step / 40.0,
            At = Start.AddMilliseconds(1234 * step),
            Values = [.. values.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, pair.Value!.Value))],
        });
    }

    private static string Text(RunStep step)
    {
        var values = string.Join(' ', step.Values.Select(metric => FormattableString.Invariant($"{metric.Key}={metric.Value:R}")));
        return FormattableString.Invariant($"{step.Step}/{step.TotalSteps} {step.Epoch:R} {step.At:yyyy-MM-ddTHH:mm:ss.fff} {values}");
    }

    /// <summary>Every row of every table, as text by the names of its columns.</summary>
    private static Dictionary<string, List<string>> Dump(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Mode=ReadOnly");
        connection.Open();
        var tables = Rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .ConvertAll(row => row["name"]);
        return tables.ToDictionary(
            table => table, table => Rows(connection, $"SELECT * FROM \"{table}\"").Select(Line).Order(StringComparer.Ordinal).ToList());
    }

    private static string Line(Dictionary<string, string> row) =>
        string.Join(' ', row.OrderBy(column => column.Key, StringComparer.Ordinal).Select(column => $"{column.Key}={column.Value}"));

    private static List<Dictionary<string, string>> Rows(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<Dictionary<string, string>>();
        while (reader.Read())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(reader.GetName, column => reader.GetValue(column) switch
            {
                DBNull => "null",
                double number => FormattableString.Invariant($"real {number:R}"),
                byte[] bytes => Convert.ToHexString(bytes),
                var value => FormattableString.Invariant($"{value}"),
            }));
        }

        return rows;
    }
}
