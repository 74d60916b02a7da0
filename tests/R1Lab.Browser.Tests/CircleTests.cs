using Microsoft.Data.Sqlite;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>The whole circle, as a newcomer walks it: set up, import, edit, train, watch, compare, rate, see the ratings.</summary>
public sealed class CircleTests
{
    private const string RunName = "circle";
    private const string Base = "r1lab-demo-qwen3-3m";

    [Fact]
    public async Task Newcomer_FromSetUpToRating_EndsWithScoresInTheDatabase()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var browser = await Browser.StartAsync();
        await using var server = await LabServer.StartAsync(cancellation);
        var (page, foreign) = await browser.OpenAsync(server.Address);
        var errors = new List<string>();
        page.PageError += (_, message) => errors.Add(message);
        var lab = new LabPage(page);

        await lab.SetUpAsync(await server.SetUpLinkAsync(cancellation), "ada", "correct horse 7");
        await Pictures.TakeAsync(page, "overview-first");

        await lab.OpenAsync("datasets");
        await Pictures.TakeAsync(page, "datasets-empty");
        await lab.ImportAsync(SmallDataset(server.DataFolder, rows: 96));
        await lab.EditFirstRowAsync("<think>\n1+1=2\n</think>\n\n2");
        await lab.ClickAsync("undo");
        await Pictures.TakeAsync(page, "dataset");

        await lab.OpenAsync("runs/new");
        await lab.Field("data-field", "name").FillAsync(RunName);
        await Pictures.TakeAsync(page, "new-run");
        var run = await lab.TrainAsync(() => Pictures.TakeAsync(page, "run-live"));
        Assert.Equal("finished", run.GetProperty("status").GetString());
        await page.ReloadAsync();
        await page.WaitForSelectorAsync(".js-plotly-plot");
        await Pictures.TakeAsync(page, "run");
        await lab.OpenAsync("runs");
        await Pictures.TakeAsync(page, "runs");
        await lab.OpenAsync("models");
        await Pictures.TakeAsync(page, "models");

        await lab.OpenAsync("chat");
        await lab.AskAsync("47+38等于多少？", answers: 1);
        await Pictures.TakeAsync(page, "chat");
        await lab.OpenAsync("chat/compare");
        await lab.AskAsync("What is 25+14?", answers: 2);
        await Pictures.TakeAsync(page, "compare");

        await StartStudyAsync(lab);
        await lab.OpenAsync("rate");
        await Pictures.TakeAsync(page, "rate");
        Assert.DoesNotContain(Base, await page.ContentAsync(), StringComparison.Ordinal);
        await lab.RateAsync(4);
        await lab.OpenAsync("studies/1");
        await page.GetByTestId("study-means").WaitForAsync();
        await Pictures.TakeAsync(page, "study");
        await lab.OpenAsync("");
        await Pictures.TakeAsync(page, "overview");

        Assert.Equal(2 * 5, ScoresOf(server.DataFolder, value: 4));
        Assert.Empty(foreign);
        Assert.Empty(errors);
    }

    private static async Task StartStudyAsync(LabPage lab)
    {
        var page = lab.Page;
        await lab.OpenAsync("studies/new");
        await lab.Field("data-testid", "study-name").FillAsync("First look");
        foreach (var model in await page.Locator("[data-testid^=study-model-]").AllAsync()) await model.CheckAsync();
        await page.GetByTestId("study-prompts").FillAsync("What is 12+30?\n47-22等于多少？");
        await lab.Field("data-testid", "study-overlap").FillAsync("1");
        await Pictures.TakeAsync(page, "new-study");
        await lab.ClickAsync("study-start");
        await page.WaitForURLAsync("**/studies/1");
        await page.Locator("[data-testid=study-rate]").First.WaitForAsync(new() { Timeout = 120_000 });
    }

    private static string SmallDataset(string folder, int rows)
    {
        var source = Path.Combine(ReferenceFiles.Repository, "samples", "datasets", "two-step-problems.jsonl");
        var target = Path.Combine(folder, "small.jsonl");
        File.WriteAllLines(target, File.ReadLines(source).Take(rows));
        return target;
    }

    private static long ScoresOf(string folder, int value)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "r1lab.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM Scores WHERE Value = $value";
        command.Parameters.AddWithValue("$value", value);
        return (long)command.ExecuteScalar()!;
    }
}
