using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Api;

/// <summary>What would teach the model something nobody may want starts only with a person's recorded word.</summary>
public sealed class RunConfirmationTests
{
    private static readonly (string, string)[] Silent = [("1+1?", "2"), ("2+2?", "4"), ("3+3?", "<think>3+3=6</think>6")];

    [Fact]
    public async Task Create_UnlearnsThinking_IsRefusedNamingTheCode()
    {
        const string code = "teaches_not_to_think";
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddTextDatasetAsync(lab.Get<DatasetStore>(), Silent);

        using var response = await client.PostAsJsonAsync("/api/v1/runs", Recipe(("thinking_policy", "no_thinking")), TestContext.Current.CancellationToken);

        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        var first = error["problems"]![0]!;
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "confirmed", code), (response.StatusCode, error["error"]!["param"]!.GetValue<string>(), error["error"]!["code"]!.GetValue<string>()));
        Assert.Equal(("confirmed", code, "error"), (first["field"]!.GetValue<string>(), first["code"]!.GetValue<string>(), first["severity"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Create_Confirmed_StartsAndRecordsTheWord()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddTextDatasetAsync(lab.Get<DatasetStore>(), Silent);

        var id = await TinyRuns.StartAsync(client, Recipe(("thinking_policy", "no_thinking"), ("confirmed", new JsonArray("teaches_not_to_think"))));

        var run = await TinyRuns.WaitForAsync(client, id, "finished", "failed");
        var word = run["events"]!.AsArray().Single(happened => happened!["kind"]!.GetValue<string>() == "confirmed")!;
        Assert.Equal("finished", run["status"]!.GetValue<string>());
        Assert.Contains("without thinking", word["message"]!.GetValue<string>(), StringComparison.Ordinal);
        var page = await lab.Get<AuditStore>().PageAsync(0, 10, "run.confirm", TestContext.Current.CancellationToken);
        Assert.Equal("teaches_not_to_think", Assert.Single(page.Entries).Detail);
    }

    [Fact]
    public async Task Create_MostRowsWithoutThought_StartsWithAWarning()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddTextDatasetAsync(lab.Get<DatasetStore>(), Silent);

        using var response = await client.PostAsJsonAsync("/api/v1/runs", Recipe(), TestContext.Current.CancellationToken);

        var created = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Contains(created["notes"]!.AsArray(), note => note!["message"]!.GetValue<string>().StartsWith("2 of 3 rows have no thought", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Create_AnotherCodeConfirmed_IsStillRefused()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddTextDatasetAsync(lab.Get<DatasetStore>(), Silent);

        using var response = await client.PostAsJsonAsync("/api/v1/runs", Recipe(("thinking_policy", "no_thinking"), ("confirmed", new JsonArray("prompt_learned"))), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task Create_TokenRowsThatLearnTheirPrompt_StartsWithAWarning()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await lab.Get<DatasetStore>().CreateAsync(
            Actors.Lab, new NewDataset("golden", DatasetFormats.InputIds), [TestRows.Ids("[1,2,3]", "[1,2,3]")], TestContext.Current.CancellationToken);

        using var response = await client.PostAsJsonAsync("/api/v1/runs", TinyRuns.Recipe(("max_steps", 1)), TestContext.Current.CancellationToken);

        var created = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Contains(created["notes"]!.AsArray(), note => note!["message"]!.GetValue<string>().StartsWith("Every token of 1 rows", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("float16", true)]
    [InlineData("float32", false)]
    public async Task Create_Float16OnTheCpu_StartsWithAWarning(string dtype, bool warned)
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddTextDatasetAsync(lab.Get<DatasetStore>(), ("3+3?", "<think>3+3=6</think>6"));

        using var response = await client.PostAsJsonAsync("/api/v1/runs", Recipe(("dtype", dtype)), TestContext.Current.CancellationToken);

        var created = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((HttpStatusCode.Created, warned), (response.StatusCode, created["notes"]!.AsArray().Any(note => note!["field"]!.GetValue<string>() == "dtype")));
    }

    [Fact]
    public async Task Create_OverLongRowsSplit_TrainsEveryPart()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddTextDatasetAsync(lab.Get<DatasetStore>(), ("1+1?", $"<think>{string.Join('\n', Enumerable.Range(1, 20).Select(i => $"{i}+{i}={i + i}"))}</think>2"), ("2+2?", "<think>2+2=4</think>4"));
        var recipe = Recipe(("max_length", 48), ("max_steps", null), ("num_train_epochs", 1), ("per_device_train_batch_size", 1));

        var dropped = await TinyRuns.StartAsync(client, recipe);
        recipe["overlong_rows"] = "split";
        var split = await TinyRuns.StartAsync(client, recipe);

        var (less, more) = (await TinyRuns.WaitForAsync(client, dropped, "finished", "failed"), await TinyRuns.WaitForAsync(client, split, "finished", "failed"));
        Assert.Equal((1, "finished", "finished"), (less["step"]!.GetValue<int>(), less["status"]!.GetValue<string>(), more["status"]!.GetValue<string>()));
        Assert.InRange(more["step"]!.GetValue<int>(), 3, 10);
    }

    private static JsonObject Recipe(params (string Field, JsonNode? Value)[] changes) =>
        TinyRuns.Recipe([("model", TinyRuns.ThinkingModel), ("dataset", "talk"), ("max_steps", 1), .. changes]);
}
