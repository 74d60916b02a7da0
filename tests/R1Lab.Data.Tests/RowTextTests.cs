using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Every verb that writes a row refuses text that the database would change silently, in whatever field it stands, and writes nothing.</summary>
public sealed class RowTextTests
{
    private const string Half = "a\ud83d";

    private static readonly Dictionary<string, NewRow> Rows = new()
    {
        ["content"] = TestRows.Pair("a", "b") with { Content = Half },
        ["search"] = TestRows.Pair("a", "b") with { Search = Half },
        ["raw"] = TestRows.Pair("a", "b") with { Raw = Half },
        ["leading"] = TestRows.Pair("a", "b") with { Leading = Half },
        ["line end"] = TestRows.Pair("a", "b") with { LineEnd = Half },
    };

    public static TheoryData<string> Fields => [.. Rows.Keys];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Fields))]
    public async Task Write_HalfOfACharacter_IsRefusedByEveryVerbAndNothingIsWritten(string field)
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await lab.Datasets.CreateAsync(Actors.Lab, new NewDataset("whole", DatasetFormats.PromptResponse), [TestRows.Pair("1", "2")], Cancel);
        var stored = (await lab.Datasets.PageAsync(dataset.Id, 0, 1, cancellationToken: Cancel)).Rows[0];
        var row = Rows[field];

        await Assert.ThrowsAsync<ArgumentException>(() => lab.Datasets.CreateAsync(Actors.Lab, new NewDataset("half", DatasetFormats.PromptResponse), [row], Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => lab.Datasets.AddRowAsync(Actors.Lab, dataset.Id, row, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => lab.Datasets.UpdateRowAsync(Actors.Lab, dataset.Id, stored.Id, row, null, Cancel));

        var after = Assert.Single(await lab.Datasets.ListAsync(Cancel));
        Assert.Equal((dataset.Id, 1, 1), (after.Id, after.Version, after.RowCount));
        Assert.Equal(stored.Line, (await lab.Datasets.GetRowAsync(dataset.Id, stored.Id, Cancel))!.Line);
    }
}
