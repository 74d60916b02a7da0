using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class DatasetStoreTests
{
    private static readonly NewDataset Chats = new("chats", DatasetFormats.PromptResponse);

    [Fact]
    public async Task ExportAsync_OddButValidFile_IsByteIdentical()
    {
        await using var lab = await LabFixture.CreateAsync();
        const string file = "\ufeff{\"prompt\": \"a\",\"response\":\"\\u4f60\"}\r\n\n  {\"id\": 1e2, \"response\":\"R\\/\", \"prompt\" : \"问\"}  \n"
            + "{\"prompt\":\"c\\u0000\",\"response\":\"😀\"}\n\n";
        NewRow[] rows =
        [
            TestRows.Pair("a", "你") with { Raw = "{\"prompt\": \"a\",\"response\":\"\\u4f60\"}", Leading = "\ufeff", LineEnd = "\r\n" },
            TestRows.Pair("问", "R/") with { Raw = "  {\"id\": 1e2, \"response\":\"R\\/\", \"prompt\" : \"问\"}  ", Leading = "\n" },
            TestRows.Pair("c\0", "😀") with { Raw = "{\"prompt\":\"c\\u0000\",\"response\":\"😀\"}" },
        ];

        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats with { Trailing = "\n" }, rows, Cancel);

        var exported = await ExportAsync(lab, dataset.Id);
        Assert.Equal(file, exported);
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file))), await lab.Datasets.ContentHashAsync(dataset.Id, Cancel));
        Assert.Equal("c\0", (await lab.Datasets.PageAsync(dataset.Id, 2, 1, cancellationToken: Cancel)).Rows[0].Prompt());
    }

    [Fact]
    public async Task Changes_ThatChangeNothing_KeepTheVersionAndWhatCanBeUndone()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats, [TestRows.Pair("a", "1")], Cancel);
        var row = (await lab.Datasets.PageAsync(dataset.Id, 0, 1, cancellationToken: Cancel)).Rows[0];
        for (var edit = 0; edit < DatasetStore.UndoDepth; edit++)
            await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, row.Id, TestRows.Pair("a", $"{edit}"), null, Cancel);
        var before = (await lab.Datasets.GetAsync(dataset.Id, Cancel))!;

        Assert.Equal(RowUpdate.Unchanged, await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, row.Id, TestRows.Pair("a", "99"), null, Cancel));
        Assert.Equal(RowUpdate.Missing, await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, 999_999, TestRows.Pair("b", "2"), null, Cancel));
        Assert.Equal(0, await lab.Datasets.DeleteRowsAsync(Actors.Admin, dataset.Id, [999_999], Cancel));

        var after = (await lab.Datasets.GetAsync(dataset.Id, Cancel))!;
        Assert.Equal((before.Version, before.ChangedAt, before.RowCount), (after.Version, after.ChangedAt, after.RowCount));
        await using var context = lab.Open();
        Assert.Equal(DatasetStore.UndoDepth, context.DatasetEdits.Count());
    }

    [Fact]
    public async Task UpdateRowAsync_RowChangedMeanwhile_IsRefusedWithWhatIsStored()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats, [TestRows.Pair("a", "1")], Cancel);
        var row = (await lab.Datasets.PageAsync(dataset.Id, 0, 1, cancellationToken: Cancel)).Rows[0];
        await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, row.Id, TestRows.Pair("a", "theirs"), row.Line, Cancel);

        var conflict = await Assert.ThrowsAsync<RowConflictException>(
            () => lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, row.Id, TestRows.Pair("a", "mine"), row.Line, Cancel));

        Assert.Equal("theirs", conflict.Stored.Response());
        Assert.Equal(2, (await lab.Datasets.GetAsync(dataset.Id, Cancel))!.Version);
        Assert.Equal(RowUpdate.Saved, await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, row.Id, TestRows.Pair("a", "mine"), conflict.Stored.Line, Cancel));
    }

    [Fact]
    public async Task UndoAsync_AfterAddUpdateDelete_TakesBackEachInTurn()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats, [TestRows.Pair("a", "1"), TestRows.Pair("b", "2"), TestRows.Pair("c", "3")], Cancel);
        var original = await ExportAsync(lab, dataset.Id);
        var ids = (await lab.Datasets.PageAsync(dataset.Id, 0, 9, cancellationToken: Cancel)).Rows.Select(row => row.Id).ToList();
        await lab.Datasets.AddRowAsync(Actors.Lab, dataset.Id, TestRows.Pair("d", "4"), cancellationToken: Cancel);
        await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, ids[1], TestRows.Pair("B", "2"), cancellationToken: Cancel);
        await lab.Datasets.DeleteRowsAsync(Actors.Admin, dataset.Id, [ids[0], ids[2], 999_999], Cancel);
        var edited = await ExportAsync(lab, dataset.Id);
        var last = await lab.Datasets.LastEditAsync(dataset.Id, Cancel);

        var undone = new List<DatasetEditKind?>();
        for (var time = 0; time < 4; time++) undone.Add((await lab.Datasets.UndoAsync(Actors.Lab, dataset.Id, Cancel))?.Kind);

        Assert.Equal("{\"prompt\": \"B\", \"response\": \"2\"}\n{\"prompt\": \"d\", \"response\": \"4\"}\n", edited);
        Assert.Equal((DatasetEditKind.Delete, 2, "admin"), (last!.Kind, last.RowCount, last.Editor!));
        Assert.Equal([DatasetEditKind.Delete, DatasetEditKind.Update, DatasetEditKind.Add, null], undone);
        Assert.Equal(original, await ExportAsync(lab, dataset.Id));
        var after = (await lab.Datasets.GetAsync(dataset.Id, Cancel))!;
        Assert.Equal((7, 3), (after.Version, after.RowCount));
        Assert.Equal(ids, (await lab.Datasets.PageAsync(dataset.Id, 0, 9, cancellationToken: Cancel)).Rows.Select(row => row.Id));
    }

    [Fact]
    public async Task CreateAsync_RowsFailHalfWay_StoresNothing()
    {
        await using var lab = await LabFixture.CreateAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => lab.Datasets.CreateAsync(Actors.Lab, Chats, FailAfter(12_000), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => lab.Datasets.CreateAsync(Actors.Lab, Chats, [TestRows.Pair("half \ud83d", "r")], Cancel));

        Assert.Empty(await lab.Datasets.ListAsync(Cancel));
        await using var context = lab.Open();
        Assert.Empty(context.DatasetRows);
    }

    [Fact]
    public async Task PageAsync_HundredThousandRows_ImportsPagesAndSearchesFast()
    {
        await using var lab = await LabFixture.CreateAsync();
        var watch = Stopwatch.StartNew();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats, Many(100_000), Cancel);
        var import = watch.Elapsed;

        watch.Restart();
        var first = await lab.Datasets.PageAsync(dataset.Id, 0, 50, cancellationToken: Cancel);
        var firstTook = watch.Elapsed;
        watch.Restart();
        var last = await lab.Datasets.PageAsync(dataset.Id, 99_950, 50, cancellationToken: Cancel);
        var lastTook = watch.Elapsed;
        watch.Restart();
        var found = await lab.Datasets.PageAsync(dataset.Id, 0, 50, "ROW 9999_", Cancel);
        var literal = await lab.Datasets.PageAsync(dataset.Id, 0, 50, "row 9999", Cancel);
        var searchTook = watch.Elapsed;

        TestContext.Current.TestOutputHelper!.WriteLine($"import {import}, first {firstTook}, last {lastTook}, two searches {searchTook}");
        Assert.Equal((100_000, "row 0", "row 99999"), (first.Total, first.Rows[0].Prompt(), last.Rows[^1].Prompt()));
        Assert.Equal((0, 11), (found.Total, literal.Total));
        Assert.True(import < Patience.For(TimeSpan.FromSeconds(10)), $"import {import}");
        var page = Patience.For(TimeSpan.FromSeconds(1));
        Assert.True(firstTook < page && lastTook < page, $"first page {firstTook}, last {lastTook}");
    }

    [Fact]
    public async Task UpdateRowAsync_TokenRows_AreFoundAndChanged()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, new("t", DatasetFormats.InputIds), [TestRows.Ids("[1,2]", "[-100,2]")], Cancel);
        var stored = Assert.Single((await lab.Datasets.PageAsync(dataset.Id, 0, 1, "-100,2", Cancel)).Rows);

        await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, stored.Id, TestRows.Ids("[3]", "[3]"), stored.Line, Cancel);

        Assert.Equal("{\"input_ids\":[3],\"labels\":[3]}\n", await ExportAsync(lab, dataset.Id));
        Assert.Equal(0, (await lab.Datasets.PageAsync(dataset.Id, 0, 1, "-100", Cancel)).Total);
    }

    [Fact]
    public async Task UpdateRowAsync_OnlyTheLineChanged_IsStored()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats, [TestRows.Pair("a", "1")], Cancel);
        var row = (await lab.Datasets.PageAsync(dataset.Id, 0, 1, cancellationToken: Cancel)).Rows[0];

        Assert.Equal(RowUpdate.Saved, await lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, row.Id, TestRows.Pair("a", "1") with { Raw = "{}" }, row.Line, Cancel));

        Assert.Equal("{}\n", await ExportAsync(lab, dataset.Id));
    }

    [Fact]
    public async Task UploadStore_PiecesInOrder_AdvanceOnceEach()
    {
        await using var lab = await LabFixture.CreateAsync();
        var session = await lab.Uploads.CreateAsync(Actors.Lab, "../名字.jsonl", 10, new UploadQuota(1, 10, 10, 10), Cancel);

        bool[] taken =
        [
            await lab.Uploads.AdvanceAsync(Actors.Lab, session.Id, 0, 6, Cancel), await lab.Uploads.AdvanceAsync(Actors.Lab, session.Id, 0, 6, Cancel),
            await lab.Uploads.AdvanceAsync(Actors.Lab, session.Id, 6, 11, Cancel), await lab.Uploads.AdvanceAsync(Actors.Lab, session.Id, 6, 10, Cancel),
        ];

        Assert.Equal([true, false, false, true], taken);
        Assert.Equal(10, (await lab.Uploads.GetAsync(session.Id, Cancel))!.Received);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IEnumerable<NewRow> Many(int count) => Enumerable.Range(0, count).Select(index => TestRows.Pair($"row {index}", new string('答', 100)));

    private static IEnumerable<NewRow> FailAfter(int count)
    {
        foreach (var row in Many(count)) yield return row;
        throw new InvalidOperationException("the source broke");
    }

    private static async Task<string> ExportAsync(LabFixture lab, int id)
    {
        using var target = new MemoryStream();
        await lab.Datasets.ExportAsync(id, target, Cancel);
        return Encoding.UTF8.GetString(target.ToArray());
    }
}
