using AngleSharp.Dom;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Datasets;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Tests.Pages;

public sealed class DatasetsPageTests : ModelPageTest
{
    private const string OneBadLine = "{\"prompt\":\"a\",\"response\":\"b\"}\n{\"prompt\":\"c\"}\n";

    [Fact]
    public void Page_NoDataset_SaysWhatToDo()
    {
        var page = Show<DatasetsPage>();

        page.WaitForAssertion(() => Assert.Contains("No dataset yet", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Page_Datasets_AreListedWithRowsAndOwner()
    {
        var dataset = await AddDatasetAsync(rows: 1234);

        var page = Show<DatasetsPage>();

        var row = page.WaitForElement("[data-testid=datasets] tbody tr", Patience);
        Assert.Equal($"datasets/{dataset.Id}", row.QuerySelector("a.strong-link")!.GetAttribute("href"));
        Assert.Equal(["sums", "1,234", "prompt / response", "1", "admin"], row.QuerySelectorAll("td").Take(5).Select(cell => cell.TextContent.Trim()));
    }

    [Fact]
    public void ImportSample_MissingSample_SaysSoAndStoresNothing()
    {
        var page = Show<DatasetsPage>();

        page.WaitForElement("[data-testid=import-sample]", Patience).Click();

        var error = page.WaitForElement("[data-testid=error-panel]", Patience);
        Assert.Contains("Nothing was stored.", error.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void ImportSample_SampleThere_BecomesADataset()
    {
        var samples = Directory.CreateDirectory(Path.Combine(Folder, "samples", "datasets")).FullName;
        File.WriteAllText(Path.Combine(samples, "easy.held-out.jsonl"), "{\"prompt\":\"x\",\"response\":\"y\"}\n");
        File.WriteAllText(Path.Combine(samples, "easy.jsonl"), "{\"prompt\":\"a\",\"response\":\"b\"}\n{\"prompt\":\"c\",\"response\":\"d\"}\n");
        var page = Show<DatasetsPage>();

        page.WaitForElement("[data-testid=import-sample]", Patience).Click();

        var row = page.WaitForElement("[data-testid=datasets] tbody tr", Patience);
        Assert.Equal(["easy", "2"], row.QuerySelectorAll("td").Take(2).Select(cell => cell.TextContent.Trim()));
    }

    [Fact]
    public async Task Import_BadLines_AreShownAndCanBeSkipped()
    {
        await ReadyUploadAsync("notes.jsonl", OneBadLine);
        var page = Show<DatasetsPage>();
        page.WaitForElement("[data-testid=import-dataset]", Patience).Click();

        ChooseAndStart();

        var bad = Dialogs.WaitForElement("[data-testid=bad-lines]", Patience);
        Assert.Contains("1 lines are no rows; 1 are good. Nothing was stored yet.", bad.TextContent, StringComparison.Ordinal);
        Assert.Empty(await Get<DatasetStore>().ListAsync(Cancellation));

        Dialogs.Find("[data-testid=import-skip]").Click();

        page.WaitForAssertion(() => Assert.Matches("/datasets/[0-9]+$", Get<NavigationManager>().Uri), Patience);
        var stored = Assert.Single(await Get<DatasetStore>().ListAsync(Cancellation));
        Assert.Equal(("notes", 1, "admin"), (stored.Name, stored.RowCount, stored.OwnerName));
        Assert.Empty(Directory.GetFiles(Path.Combine(Folder, "uploads")));
    }

    [Fact]
    public async Task Import_GoodFile_OpensTheDataset()
    {
        await ReadyUploadAsync("good.jsonl", "{\"prompt\":\"a\",\"response\":\"b\"}\n");
        var page = Show<DatasetsPage>();
        page.WaitForElement("[data-testid=import-dataset]", Patience).Click();

        ChooseAndStart();

        page.WaitForAssertion(() => Assert.Matches("/datasets/[0-9]+$", Get<NavigationManager>().Uri), Patience);
    }

    [Fact]
    public void Import_OfAnEmptyFile_SaysSoAndCannotStart()
    {
        var module = JSInterop.SetupModule("./js/upload.js");
        module.Mode = JSRuntimeMode.Loose;
        module.Setup<ChosenFile?>("chosen", _ => true).SetResult(new ChosenFile("empty.jsonl", 0));
        Show<DatasetsPage>().WaitForElement("[data-testid=import-dataset]", Patience).Click();

        Dialogs.WaitForElement("[data-testid=import-file]", Patience).Change("empty.jsonl");

        Assert.StartsWith("The file is empty.", Dialogs.WaitForElement("[data-testid=error-panel] .error-message", Patience).TextContent, StringComparison.Ordinal);
        Assert.True(Dialogs.Find("[data-testid=import-start]").HasAttribute("disabled"));
    }

    [Theory]
    [InlineData("NetworkLost", null, "The connection to the lab was lost")]
    [InlineData("FileUnreadable", null, "The browser cannot read the file")]
    [InlineData("SignedOut", "HTTP 401", "You are signed out")]
    [InlineData("TooLarge", "HTTP 413", "The file is larger")]
    [InlineData("TooBusy", "HTTP 429", "The lab takes no more uploads")]
    [InlineData("DiskFull", "HTTP 507", "The lab’s disk has no room")]
    [InlineData("ServerFailed", "HTTP 502", "The lab could not store the file")]
    [InlineData("Refused", "length must be at most 4 GiB", "The lab did not accept the file: length must be")]
    public void Import_WhoseUploadFails_SaysWhyInWords(string problem, string? reason, string expected)
    {
        var module = JSInterop.SetupModule("./js/upload.js");
        module.Mode = JSRuntimeMode.Loose;
        module.Setup<ChosenFile?>("chosen", _ => true).SetResult(new ChosenFile("notes.jsonl", 10));
        module.Setup<SentFile>("send", _ => true).SetResult(new SentFile(null, problem, reason));
        Show<DatasetsPage>().WaitForElement("[data-testid=import-dataset]", Patience).Click();

        ChooseAndStart();

        Assert.StartsWith(expected, Dialogs.WaitForElement("[data-testid=error-panel] .error-message", Patience).TextContent, StringComparison.Ordinal);
    }

    // The browser's half of an upload: what the page's script would have sent lies in the folder.
    private async Task ReadyUploadAsync(string file, string content)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(content);
        var session = await Get<UploadFolder>().BeginAsync(Actors.Admin, file, bytes.Length, Cancellation);
        await Get<UploadFolder>().AppendAsync(Actors.Admin, session.Id, 0, new MemoryStream(bytes), Cancellation);
        var module = JSInterop.SetupModule("./js/upload.js");
        module.Mode = JSRuntimeMode.Loose;
        module.Setup<SentFile>("send", _ => true).SetResult(new SentFile(session.Id, null, null));
        module.Setup<ChosenFile?>("chosen", _ => true).SetResult(new ChosenFile(file, bytes.Length));
    }

    private void ChooseAndStart()
    {
        Dialogs.WaitForElement("[data-testid=import-file]", Patience).Change("notes.jsonl");
        Dialogs.WaitForAssertion(() => Assert.False(Dialogs.Find("[data-testid=import-start]").HasAttribute("disabled")), Patience);
        Dialogs.Find("[data-testid=import-start]").Click();
    }
}

public sealed class DatasetsPageChineseTests() : ModelPageTest("zh-CN")
{
    [Fact]
    public async Task Pages_InChinese_SpeakChinese()
    {
        var dataset = await AddDatasetAsync();

        var list = Show<DatasetsPage>();
        list.WaitForElement("[data-testid=datasets] tbody tr", Patience);
        var page = Render<DatasetPage>(p => p.Add(d => d.Id, dataset.Id));

        Assert.Contains("每次修改都会产生新版本", list.Markup, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains("共 3 行", page.Markup, StringComparison.Ordinal), Patience);
    }
}
