using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Rows that were stored as prompt and response, or as token ids, before rows had one form.</summary>
public sealed class RowContentMigrationTests
{
    private const string Before = "20261129112729_Notifications";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MigrateAsync_RowsOfTheOlderForm_KeepTextLineSearchAndUndo()
    {
        await using var lab = await OlderAsync();

        await lab.Database.MigrateAsync(Cancel);

        var rows = (await lab.Datasets.PageAsync(1, 0, 9, cancellationToken: Cancel)).Rows;
        Assert.Equal([RowKinds.Conversation, RowKinds.Conversation], rows.Select(row => row.Kind));
        Assert.Equal(TestRows.Pair("Q \"1\"\n问\t\b", "<think>\n思\n</think>\n\nA").Content, rows[0].Content);
        Assert.Equal(("{\"x\":1,\"prompt\":\"old\"}", 7, 0), (rows[0].Line, rows[0].Id, rows[0].Position));
        Assert.Equal([7], (await lab.Datasets.PageAsync(1, 0, 9, "思", Cancel)).Rows.Select(row => row.Id));
        Assert.Equal(0, (await lab.Datasets.PageAsync(1, 0, 9, "assistant", Cancel)).Total);
        Assert.Equal("\ufeff{\"x\":1,\"prompt\":\"old\"}\r\n{\"prompt\":\"b\",\"response\":\"2\"}\n", await ExportAsync(lab, 1));

        Assert.Equal(DatasetEditKind.Update, (await lab.Datasets.UndoAsync(Actors.Lab, 1, Cancel))!.Kind);
        var undone = (await lab.Datasets.GetRowAsync(1, 8, Cancel))!;
        Assert.Equal(TestRows.Pair("b before", "1").Content, undone.Content);
    }

    [Fact]
    public async Task MigrateAsync_TokenRowsOfTheOlderForm_GetTheLabelsTheyMeant()
    {
        await using var lab = await OlderAsync();

        await lab.Database.MigrateAsync(Cancel);

        var rows = (await lab.Datasets.PageAsync(2, 0, 9, cancellationToken: Cancel)).Rows;
        Assert.Equal([RowKinds.Tokens, RowKinds.Tokens], rows.Select(row => row.Kind));
        Assert.Equal(["{\"input_ids\":[1,2],\"labels\":[-100,2]}", "{\"input_ids\":[3,4],\"labels\":[3,4]}"], rows.Select(row => row.Content));
        Assert.Equal("{\"input_ids\": [1, 2], \"labels\": [-100, 2]}\n{\"input_ids\": [3,4]}\n", await ExportAsync(lab, 2));
    }

    [Fact]
    public async Task Migrate_ThereAndBack_GivesTheOlderColumns()
    {
        await using var lab = await OlderAsync();
        await lab.Database.MigrateAsync(Cancel);

        await using var context = lab.Open();
        await context.GetService<IMigrator>().MigrateAsync(Before, Cancel);

        var texts = await context.Database.SqlQuery<string>($"SELECT Prompt || '|' || Response || '|' || COALESCE(InputIds, '-') || '|' || COALESCE(Labels, '-') AS Value FROM DatasetRows ORDER BY Id").ToListAsync(Cancel);
        Assert.Equal(["Q \"1\"\n问\t\b|<think>\n思\n</think>\n\nA|-|-", "b|2|-|-", "||[1,2]|[-100,2]", "||[3,4]|[3,4]"], texts);
    }

    private static async Task<LabFixture> OlderAsync()
    {
        var lab = LabFixture.At(Directory.CreateTempSubdirectory("r1lab-data-").FullName);
        await using var context = lab.Open();
        await context.GetService<IMigrator>().MigrateAsync(Before, Cancel);
        foreach (var (id, format) in new[] { (1, "prompt_response"), (2, "input_ids") })
        {
            await context.Database.ExecuteSqlAsync(
                $"INSERT INTO Datasets (Id, Name, Format, Version, RowCount, CreatedAt, ChangedAt, State) VALUES ({id}, 'rows', {format}, 1, 2, 0, 0, {nameof(DatasetState.Ready)})", Cancel);
        }

        await AddAsync(context, 7, 1, 0, "Q \"1\"\n问\t\b", "<think>\n思\n</think>\n\nA", null, null, "{\"x\":1,\"prompt\":\"old\"}", "\ufeff", "\r\n");
        await AddAsync(context, 8, 1, 1, "b", "2", null, null, "{\"prompt\":\"b\",\"response\":\"2\"}", null, null);
        await AddAsync(context, 9, 2, 0, "", "", "[1, 2]", "[-100, 2]", "{\"input_ids\": [1, 2], \"labels\": [-100, 2]}", null, null);
        await AddAsync(context, 10, 2, 1, "", "", "[3,4]", null, "{\"input_ids\": [3,4]}", null, null);
        await context.Database.ExecuteSqlAsync($"INSERT INTO DatasetEdits (Id, DatasetId, Kind, RowCount, At) VALUES (1, 1, {nameof(DatasetEditKind.Update)}, 1, 0)", Cancel);
        await context.Database.ExecuteSqlAsync(
            $"INSERT INTO DatasetEditRows (EditId, RowId, Position, Prompt, Response, Raw) VALUES (1, 8, 1, 'b before', '1', '{{}}')", Cancel);
        return lab;
    }

    private static Task<int> AddAsync(
        LabDbContext context, int id, int dataset, int position, string prompt, string response, string? ids, string? labels, string raw, string? leading, string? lineEnd) =>
        context.Database.ExecuteSqlAsync(
            $"INSERT INTO DatasetRows (Id, DatasetId, Position, Prompt, Response, InputIds, Labels, Raw, Leading, LineEnd) VALUES ({id}, {dataset}, {position}, {prompt}, {response}, {ids}, {labels}, {raw}, {leading}, {lineEnd})",
            Cancel);

    private static async Task<string> ExportAsync(LabFixture lab, int id)
    {
        using var body = new MemoryStream();
        await lab.Datasets.ExportAsync(id, body, Cancel);
        return System.Text.Encoding.UTF8.GetString(body.ToArray());
    }
}
