using System.Text;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Two datasets beside each other, and the borders of searching, appending and undoing.</summary>
public sealed class TwoDatasetsTests
{
    private static readonly NewDataset Chats = new("chats", DatasetFormats.PromptResponse);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_OfAnotherDataset_AreNeitherReadNorChangedNorDeleted()
    {
        await using var lab = await LabFixture.CreateAsync();
        var (one, other) = (await AddAsync(lab, "a", "b"), await AddAsync(lab, "c", "d"));
        var foreign = (await RowsAsync(lab, other)).Select(row => row.Id).ToArray();

        Assert.Equal(RowUpdate.Missing, await lab.Datasets.UpdateRowAsync(Actors.Lab, one, foreign[0], TestRows.Pair("x", "x"), null, Cancel));
        Assert.Equal(0, await lab.Datasets.DeleteRowsAsync(Actors.Lab, one, foreign, Cancel));
        Assert.Null(await lab.Datasets.GetRowAsync(one, foreign[0], Cancel));
        Assert.NotNull(await lab.Datasets.GetRowAsync(other, foreign[0], Cancel));
        Assert.Empty(await lab.Datasets.RowNumbersAsync(one, foreign, Cancel));

        Assert.Equal(["a", "b"], (await RowsAsync(lab, one)).Select(row => row.Prompt()));
        Assert.Equal(["c", "d"], (await RowsAsync(lab, other)).Select(row => row.Prompt()));
        Assert.Equal((1, 1), (await VersionAsync(lab, one), await VersionAsync(lab, other)));
        Assert.Null(await lab.Datasets.UndoAsync(Actors.Lab, one, Cancel));
    }

    [Fact]
    public async Task DeleteRowsAsync_RowsOfBothDatasets_DeletesThoseOfTheNamedOne()
    {
        await using var lab = await LabFixture.CreateAsync();
        var (one, other) = (await AddAsync(lab, "a", "b"), await AddAsync(lab, "c"));
        var ids = (await RowsAsync(lab, one)).Take(1).Concat(await RowsAsync(lab, other)).Select(row => row.Id).ToArray();

        Assert.Equal(1, await lab.Datasets.DeleteRowsAsync(Actors.Lab, one, ids, Cancel));

        Assert.Equal(1, (await lab.Datasets.GetAsync(one, Cancel))!.RowCount);
        Assert.Equal(1, (await lab.Datasets.GetAsync(other, Cancel))!.RowCount);
        Assert.Equal(["c"], (await RowsAsync(lab, other)).Select(row => row.Prompt()));
        Assert.NotNull(await lab.Datasets.UndoAsync(Actors.Lab, one, Cancel));
        Assert.Equal(["a", "b"], (await RowsAsync(lab, one)).Select(row => row.Prompt()));
    }

    [Fact]
    public async Task UndoAsync_EachDataset_HasItsOwnSteps()
    {
        await using var lab = await LabFixture.CreateAsync();
        var (one, other) = (await AddAsync(lab, "a"), await AddAsync(lab, "b"));
        await lab.Datasets.AddRowAsync(Actors.Lab, one, TestRows.Pair("kept", "r"), cancellationToken: Cancel);
        for (var edit = 0; edit <= DatasetStore.UndoDepth; edit++)
            await lab.Datasets.AddRowAsync(Actors.Lab, other, TestRows.Pair($"{edit}", "r"), cancellationToken: Cancel);

        // The other's first edit is beyond its limit; the one's only edit is not.
        Assert.Equal(DatasetEditKind.Add, (await lab.Datasets.UndoAsync(Actors.Lab, one, Cancel))?.Kind);
        var undone = 0;
        while (await lab.Datasets.UndoAsync(Actors.Lab, other, Cancel) is not null) undone++;
        Assert.Equal(DatasetStore.UndoDepth, undone);
        Assert.Equal(["a"], (await RowsAsync(lab, one)).Select(row => row.Prompt()));
        Assert.Equal(["b", "0"], (await RowsAsync(lab, other)).Select(row => row.Prompt()));
        Assert.Equal(1, (await lab.Datasets.GetAsync(one, Cancel))!.RowCount);
        Assert.Equal(2, (await lab.Datasets.GetAsync(other, Cancel))!.RowCount);
    }

    [Theory]
    [InlineData("%", new[] { "100%", "50%_\\x" })]
    [InlineData("_", new[] { "50%_\\x", "a_b" })]
    [InlineData("\\", new[] { "50%_\\x", "c:\\temp" })]
    [InlineData("a_", new[] { "a_b" })]
    [InlineData("AB", new[] { "ab", "xaBx" })]
    [InlineData("\\t", new[] { "c:\\temp" })]
    [InlineData("", new[] { "100%", "50%_\\x", "a_b", "ab", "xaBx", "c:\\temp" })]
    public async Task PageAsync_SignsOfThePatternLanguage_AreSearchedAsTheyStand(string query, string[] found)
    {
        await using var lab = await LabFixture.CreateAsync();
        var id = await AddAsync(lab, "100%", "50%_\\x", "a_b", "ab", "xaBx", "c:\\temp");
        await AddAsync(lab, "another 100%_\\ab");

        var page = await lab.Datasets.PageAsync(id, 0, 10, query, Cancel);

        Assert.Equal(found, page.Rows.Select(row => row.Prompt()));
        Assert.Equal(found.Length, page.Total);
    }

    [Fact]
    public async Task PageAsync_TextOfTheResponse_IsFoundToo()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats, [TestRows.Pair("p", "100%"), TestRows.Pair("100", "r"), TestRows.Pair("p", "_")], Cancel);

        Assert.Equal(["100%"], (await lab.Datasets.PageAsync(dataset.Id, 0, 10, "0%", Cancel)).Rows.Select(row => row.Response()));
    }

    [Fact]
    public async Task AddRowAsync_BehindALastLineWithoutEnd_StartsItsOwnLine()
    {
        await using var lab = await LabFixture.CreateAsync();
        NewRow[] rows = [TestRows.Pair("a", "1") with { LineEnd = "\r\n" }, TestRows.Pair("b", "2") with { LineEnd = "" }];
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, Chats, rows, Cancel);
        var before = await ExportAsync(lab, dataset.Id);

        await lab.Datasets.AddRowAsync(Actors.Lab, dataset.Id, TestRows.Pair("c", "3"), cancellationToken: Cancel);

        const string first = "{\"prompt\": \"a\", \"response\": \"1\"}\r\n{\"prompt\": \"b\", \"response\": \"2\"}";
        Assert.Equal(first, before);
        Assert.Equal(first + "\n{\"prompt\": \"c\", \"response\": \"3\"}\n", await ExportAsync(lab, dataset.Id));
    }

    [Fact]
    public async Task AddRowAsync_ToAnEmptyOrEditedDataset_StandsBehindTheLastRow()
    {
        await using var lab = await LabFixture.CreateAsync();
        var id = await AddAsync(lab, "a", "b");
        var rows = await RowsAsync(lab, id);
        await lab.Datasets.DeleteRowsAsync(Actors.Lab, id, [rows[0].Id], Cancel);
        await lab.Datasets.AddRowAsync(Actors.Lab, id, TestRows.Pair("c", "r"), cancellationToken: Cancel);
        Assert.Equal([1, 2], (await RowsAsync(lab, id)).Select(row => row.Position));

        await lab.Datasets.DeleteRowsAsync(Actors.Lab, id, [.. (await RowsAsync(lab, id)).Select(row => row.Id)], Cancel);
        await lab.Datasets.AddRowAsync(Actors.Lab, id, TestRows.Pair("d", "r"), cancellationToken: Cancel);

        Assert.Equal([("d", 0)], (await RowsAsync(lab, id)).Select(row => (row.Prompt(), row.Position)));
    }

    [Fact]
    public async Task ContentHashAsync_AfterEachEdit_IsThatOfTheExport()
    {
        await using var lab = await LabFixture.CreateAsync();
        var id = await AddAsync(lab, "a");
        var first = await lab.Datasets.ContentHashAsync(id, Cancel);
        Assert.Equal(first, await lab.Datasets.ContentHashAsync(id, Cancel));

        await lab.Datasets.AddRowAsync(Actors.Lab, id, TestRows.Pair("b", "r"), cancellationToken: Cancel);
        var second = await lab.Datasets.ContentHashAsync(id, Cancel);
        await lab.Datasets.UndoAsync(Actors.Lab, id, Cancel);

        Assert.NotEqual(first, second);
        Assert.Equal(first, await lab.Datasets.ContentHashAsync(id, Cancel));
    }

    private static async Task<int> AddAsync(LabFixture lab, params string[] prompts) =>
        (await lab.Datasets.CreateAsync(Actors.Lab, Chats, prompts.Select(prompt => TestRows.Pair(prompt, "r")), Cancel)).Id;

    private static async Task<IReadOnlyList<DatasetRowEntity>> RowsAsync(LabFixture lab, int id) =>
        (await lab.Datasets.PageAsync(id, 0, 200, cancellationToken: Cancel)).Rows;

    private static async Task<int> VersionAsync(LabFixture lab, int id) => (await lab.Datasets.GetAsync(id, Cancel))!.Version;

    private static async Task<string> ExportAsync(LabFixture lab, int id)
    {
        using var target = new MemoryStream();
        await lab.Datasets.ExportAsync(id, target, Cancel);
        return Encoding.UTF8.GetString(target.ToArray());
    }
}
