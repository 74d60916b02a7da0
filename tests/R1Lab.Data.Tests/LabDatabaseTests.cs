using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class LabDatabaseTests
{
    [Fact]
    public async Task MigrateAsync_NoFile_CreatesEveryTableOfTheModel()
    {
        await using var lab = await LabFixture.CreateAsync();

        await lab.Database.MigrateAsync(Cancel);

        await using var context = lab.Open();
        Assert.False(context.Database.HasPendingModelChanges());
        Assert.Equal(["Admin", "Rater", "Trainer", "Viewer"], await context.Roles.Select(role => role.Name!).Order().ToListAsync(Cancel));
    }

    [Fact]
    public async Task Connection_Opened_HasTheDurableSettings()
    {
        await using var lab = await LabFixture.CreateAsync();
        await using var context = lab.Open();

        var settings = new[]
        {
            await PragmaAsync(context, "journal_mode"), await PragmaAsync(context, "synchronous"), await PragmaAsync(context, "foreign_keys"),
            await PragmaAsync(context, "busy_timeout"),
        };

        Assert.Equal(["wal", "2", "1", "30000"], settings);
    }

    [Fact]
    public async Task MigrateAsync_NewerDatabase_RefusesInWords()
    {
        await using var lab = await LabFixture.CreateAsync();
        await using (var context = lab.Open())
        {
            await context.Database.ExecuteSqlAsync(
                $"INSERT INTO __EFMigrationsHistory (MigrationId, ProductVersion) VALUES ('29991231_Future', '99.0')", Cancel);
        }

        var refusal = await Assert.ThrowsAsync<NewerDatabaseException>(() => lab.Database.MigrateAsync(Cancel));

        Assert.Contains("newer version of R1Lab", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("29991231_Future", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MigrateAsync_AfterAKilledMigration_IsNotHeldUpByItsLock()
    {
        await using var lab = await LabFixture.CreateAsync();
        await using (var context = lab.Open())
        {
            await context.Database.ExecuteSqlAsync(
                $"CREATE TABLE IF NOT EXISTS \"__EFMigrationsLock\" (Id INTEGER PRIMARY KEY, Timestamp TEXT NOT NULL)", Cancel);
            await context.Database.ExecuteSqlAsync($"INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2020-01-01')", Cancel);
        }

        await lab.Database.MigrateAsync(Cancel).WaitAsync(Patience.For(TimeSpan.FromSeconds(20)), Cancel);

        Assert.Null(await lab.Database.FindFaultAsync(Cancel));
    }

    [Fact]
    public async Task BackupAsync_WhileRowsAreInTheWal_HoldsThemAll()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, new("d", DatasetFormats.PromptResponse), [TestRows.Pair("p", "r")], Cancel);
        var restored = Directory.CreateTempSubdirectory("r1lab-data-").FullName;

        await lab.Database.BackupAsync(System.IO.Path.Combine(restored, "lab.db"), Cancel);

        await using var other = LabFixture.At(restored);
        await other.Database.MigrateAsync(Cancel);
        var row = Assert.Single((await other.Datasets.PageAsync(dataset.Id, 0, 10, cancellationToken: Cancel)).Rows);
        Assert.Equal(("p", "r"), (row.Prompt(), row.Response()));
    }

    [Fact]
    public async Task WriteQueue_FailingWrite_LeavesNothingAndLetsTheNextIn()
    {
        await using var lab = await LabFixture.CreateAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => lab.Writes.RunAsync(
            async (context, token) =>
            {
                await context.Database.ExecuteSqlAsync($"INSERT INTO Settings (Key, Value) VALUES ('a', '1')", token);
                throw new InvalidOperationException("stop here");
            },
            Cancel));
        await lab.Settings.SetAsync(Actors.Lab, "b", "2", cancellationToken: Cancel);

        Assert.Equal((null, "2"), (await lab.Settings.GetAsync("a", Cancel), await lab.Settings.GetAsync("b", Cancel)));
    }

    [Fact]
    public async Task MigrateAsync_ImportCutShortByAKill_ForgetsItsRows()
    {
        await using var lab = await LabFixture.CreateAsync();
        await lab.Writes.RunAsync(
            async (context, token) =>
            {
                var half = new Dataset { Name = "half", Format = DatasetFormats.PromptResponse, State = DatasetState.Importing };
                context.Add(half);
                await context.SaveChangesAsync(token);
                context.Add(new DatasetRowEntity { DatasetId = half.Id, Kind = RowKinds.Conversation, Content = "{}", Search = "" });
                await context.SaveChangesAsync(token);
            },
            Cancel);

        await lab.Database.MigrateAsync(Cancel);

        await using var after = lab.Open();
        Assert.Equal((0, 0), (await after.Datasets.CountAsync(Cancel), await after.DatasetRows.CountAsync(Cancel)));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<string> PragmaAsync(LabDbContext context, string name)
    {
        await context.Database.OpenConnectionAsync(Cancel);
        await using var command = new SqliteCommand($"PRAGMA {name}", (SqliteConnection)context.Database.GetDbConnection());
        return Convert.ToString(await command.ExecuteScalarAsync(Cancel), System.Globalization.CultureInfo.InvariantCulture)!;
    }
}
