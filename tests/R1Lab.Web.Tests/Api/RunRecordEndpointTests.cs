using System.Net;
using System.Text.Json.Nodes;
using R1Lab.Data.Datasets;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Api;

public sealed class RunRecordEndpointTests(LabHost lab) : IClassFixture<LabHost>
{
    [Fact]
    public async Task Probes_OfARun_AreGivenByStepAndPrompt()
    {
        using var client = lab.ApiClient();
        var run = await AddRunAsync();
        await lab.Get<RunStore>().AppendAsync(Actors.Lab, run.Id, new RunNews { Probes = [Probe(0, "5"), Probe(20, "4")] }, Cancel);

        var all = await TinyRuns.GetAsync(client, $"/api/v1/runs/{run.Id}/probes");
        var newer = await TinyRuns.GetAsync(client, $"/api/v1/runs/{run.Id}/probes?since_step=0");

        Assert.Equal(["5", "4"], all.AsArray().Select(probe => probe!["answer"]!.GetValue<string>()));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""[{"step":20,"prompt_index":0,"prompt":"2+2?","thought":"two and two","answer":"4","thought_tokens":3,"answer_tokens":1,"stopped":true,"at":"2026-01-02T03:04:05+00:00"}]"""),
            newer), newer.ToJsonString());
    }

    [Fact]
    public async Task Rows_OfARun_AreSortedPagedAndJudged()
    {
        using var client = lab.ApiClient();
        var run = await AddRunAsync(TestRows.Pair("2+2?", "4"), TestRows.Pair("3+3?", "6"));
        var rows = (await lab.Get<DatasetStore>().PageAsync(run.DatasetId!.Value, 0, 2, cancellationToken: Cancel)).Rows;
        await lab.Get<RunStore>().AppendAsync(Actors.Lab, run.Id, new RunNews { RowLosses = [.. Losses(rows[0].Id, 2, 1.9), .. Losses(rows[1].Id, 2, 0.01)] }, Cancel);

        var all = await TinyRuns.GetAsync(client, $"/api/v1/runs/{run.Id}/rows?sort=memorised&limit=1");
        var stuck = await TinyRuns.GetAsync(client, $"/api/v1/runs/{run.Id}/rows?verdict=never_learned");

        Assert.Equal((2, rows[1].Id, "memorised", "3+3?"), Row(all));
        Assert.Equal((1, rows[0].Id, "never_learned", "2+2?"), Row(stuck));
        Assert.Equal([2, 1.9], stuck["rows"]![0]!["losses"]!.AsArray().Select(loss => loss!.GetValue<double>()));
    }

    [Theory]
    [InlineData("rows?sort=best", "sort must be one of: never_learned, memorised, improved, worse, row.")]
    [InlineData("rows?verdict=bad", "verdict must be one of: seen_once, never_learned, memorised, known_before, forgotten, learned, worsened, little_changed.")]
    [InlineData("rows?offset=-1", "offset must not be negative.")]
    [InlineData("rows?limit=0", "limit must be between 1 and 10000.")]
    public async Task Rows_WrongQuestion_NamesTheField(string question, string message)
    {
        using var client = lab.ApiClient();
        var run = await AddRunAsync();

        var (status, answer) = await client.GetJsonAsync($"/api/v1/runs/{run.Id}/{question}");

        Assert.Equal((HttpStatusCode.BadRequest, message), (status, answer["error"]!["message"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("probes")]
    [InlineData("rows")]
    public async Task Records_UnknownRun_AreNotFound(string what)
    {
        using var client = lab.ApiClient();

        var (status, answer) = await client.GetJsonAsync($"/api/v1/runs/99999/{what}");

        Assert.Equal((HttpStatusCode.NotFound, "There is no run 99999."), (status, answer["error"]!["message"]!.GetValue<string>()));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static (int Total, int Row, string Verdict, string Text) Row(JsonNode answer) => (
        answer["total"]!.GetValue<int>(), answer["rows"]![0]!["row"]!.GetValue<int>(), answer["rows"]![0]!["verdict"]!.GetValue<string>(), answer["rows"]![0]!["text"]!.GetValue<string>());

    private static RunRowLoss[] Losses(int row, params double[] losses) => [.. losses.Select((loss, epoch) => new RunRowLoss { Epoch = epoch, RowId = row, Loss = loss, Tokens = 2 })];

    private static RunProbe Probe(int step, string answer) => new()
    {
        Step = step,
        Prompt = "2+2?",
        Thought = "two and two",
        Answer = answer,
        ThoughtTokens = 3,
        AnswerTokens = 1,
        Stopped = true,
        At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    // Stopped at once, so that the lab's worker does not try to train it.
    private async Task<Run> AddRunAsync(params NewRow[] rows)
    {
        var dataset = await lab.Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("d", DatasetFormats.PromptResponse), rows, Cancel);
        var run = await lab.Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo") { DatasetId = dataset.Id }, Cancel);
        await lab.Get<RunStore>().SetStatusAsync(Actors.Lab, run.Id, RunStatus.Stopped, cancellationToken: Cancel);
        return run;
    }
}
