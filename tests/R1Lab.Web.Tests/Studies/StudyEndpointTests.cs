using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace R1Lab.Web.Tests.Studies;

public sealed class StudyEndpointTests(LabHost lab) : IClassFixture<LabHost>
{
    private static readonly string[] Criteria = ["relevance", "safety"];

    [Fact]
    public async Task Circle_CreateNextRateResults_GivesTheScoresBack()
    {
        using var client = lab.ApiClient();
        var id = await CreateAsync(client);

        var next = (await PostAsync(client, $"/api/v1/studies/{id}/next", new JsonObject()))["assignment"]!;
        var receipt = await PostAsync(client, "/api/v1/ratings", Rating(next, 5, null));
        var results = await GetAsync(client, $"/api/v1/studies/{id}/results");
        var after = await PostAsync(client, $"/api/v1/studies/{id}/next", new JsonObject());

        Assert.DoesNotContain("model-", next.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(["A", "B"], next["answers"]!.AsArray().Select(answer => answer!["label"]!.GetValue<string>()));
        Assert.Equal(next["assignment_id"]!.GetValue<int>(), receipt["assignment_id"]!.GetValue<int>());
        var relevance = results["means"]!.AsArray().Where(mean => mean!["criterion"]!.GetValue<string>() == "relevance").ToList();
        Assert.All(relevance, mean => Assert.Equal((5.0, 1, 0), (mean!["mean"]!.GetValue<double>(), mean["count"]!.GetValue<int>(), mean["cannot_judge"]!.GetValue<int>())));
        var safety = results["means"]!.AsArray().Where(mean => mean!["criterion"]!.GetValue<string>() == "safety").ToList();
        Assert.All(safety, mean => Assert.Equal((true, 0, 1), (mean!["mean"] is null, mean["count"]!.GetValue<int>(), mean["cannot_judge"]!.GetValue<int>())));
        Assert.Null(after["assignment"]);
        Assert.Equal((1, 0), (after["progress"]!["submitted"]!.GetValue<int>(), after["progress"]!["remaining"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Results_OfAPrimaryComparison_CarryVerdictAndEvidence()
    {
        using var client = lab.ApiClient();
        var id = await CreateAsync(client);
        var chosen = new JsonObject { ["criterion"] = "relevance", ["first"] = "model-base", ["second"] = "model-tuned" };
        using var put = await client.PutAsJsonAsync($"/api/v1/studies/{id}/primary", chosen, TestContext.Current.CancellationToken);
        var next = (await PostAsync(client, $"/api/v1/studies/{id}/next", new JsonObject()))["assignment"]!;
        await PostAsync(client, "/api/v1/ratings", Rating(next, 4, null));

        var results = await GetAsync(client, $"/api/v1/studies/{id}/results?without_trained_on=false");
        using var late = await client.PutAsJsonAsync($"/api/v1/studies/{id}/primary", new JsonObject(), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Conflict), (put.StatusCode, late.StatusCode));
        Assert.Equal("relevance", results["primary"]!["criterion"]!.GetValue<string>());
        var first = results["comparisons"]![0]!;
        Assert.Equal(
            ("primary", "not_comparable", 1, 1, 1, 0.0, 0.95),
            (first["role"]!.GetValue<string>(), first["verdict"]!.GetValue<string>(), first["prompts"]!.GetValue<int>(), first["pairs"]!.GetValue<int>(),
                first["rated_both"]!.GetValue<int>(), first["difference"]!.GetValue<double>(), first["confidence"]!.GetValue<double>()));
        var second = results["comparisons"]![1]!;
        Assert.Equal(("exploratory", 1.0), (second["role"]!.GetValue<string>(), second["cannot_judge"]!["first"]!.GetValue<double>()));
        Assert.Null(second["difference"]);
        Assert.Equal((0, false, 0), (results["trained_on"]!.GetValue<int>(), results["without_trained_on"]!.GetValue<bool>(), results["identical"]!.GetValue<int>()));
        Assert.Equal([1, 1], results["models"]!.AsArray().Select(model => model!["unknown"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("charm", "model-base", "model-tuned")]
    [InlineData("safety", "model-base", "model-base")]
    [InlineData("safety", "model-base", "stranger")]
    public async Task Primary_NotOfTheStudy_IsRefused(string criterion, string first, string second)
    {
        using var client = lab.ApiClient();
        var id = await CreateAsync(client);

        using var answer = await client.PutAsJsonAsync(
            $"/api/v1/studies/{id}/primary", new JsonObject { ["criterion"] = criterion, ["first"] = first, ["second"] = second }, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task Export_CsvAndJson_HoldEveryScore()
    {
        using var client = lab.ApiClient();
        var id = await CreateAsync(client);
        var next = (await PostAsync(client, $"/api/v1/studies/{id}/next", new JsonObject()))["assignment"]!;
        await PostAsync(client, "/api/v1/ratings", Rating(next, 4, null));

        var csv = await client.GetByteArrayAsync($"/api/v1/studies/{id}/export?format=csv", TestContext.Current.CancellationToken);
        var json = (await GetAsync(client, $"/api/v1/studies/{id}/export?format=json")).AsArray();

        Assert.Equal(Encoding.UTF8.GetPreamble(), csv[..3]);
        var lines = Encoding.UTF8.GetString(csv[3..]).Split("\r\n");
        Assert.StartsWith("study_id,item_id,prompt,response_id,model,", lines[0], StringComparison.Ordinal);
        Assert.Equal(4, lines.Count(line => line.Contains("model-", StringComparison.Ordinal)));
        Assert.Contains(",\"一, 二?\",", lines[1], StringComparison.Ordinal);
        Assert.Contains(",'=1+1,", string.Join('\n', lines), StringComparison.Ordinal);
        Assert.Equal(4, json.Count);
        Assert.Equal([4, null, 4, null], json.Select(row => row!["value"]?.GetValue<int>()));
        Assert.Equal([false, true, false, true], json.Select(row => row!["cannot_judge"]!.GetValue<bool>()));
    }

    [Theory]
    [InlineData("""{"models":["a","b"],"prompts":["p"]}""", "name")]
    [InlineData("""{"name":"n","models":["a"],"prompts":["p"]}""", "models")]
    [InlineData("""{"name":"n","models":["a","b"],"prompts":["p"]}""", "models")]
    [InlineData("""{"name":"n","models":["a","b"],"dataset_id":99}""", "dataset_id")]
    [InlineData("""{"name":"n","items":[{"prompt":"p"}]}""", "items[0].responses")]
    [InlineData("""{"name":"n","overlap":0,"items":[{"prompt":"p","responses":[{"model":"a","text":"1"},{"model":"b","text":"2"}]}]}""", "overlap")]
    [InlineData("""{"name":"n","primary":{"criterion":"beauty","first":"a","second":"b"},"items":[{"prompt":"p","responses":[{"model":"a","text":"1"},{"model":"b","text":"2"}]}]}""", "primary")]
    [InlineData("""{"name":"n","primary":{"criterion":"safety","first":"a","second":"c"},"items":[{"prompt":"p","responses":[{"model":"a","text":"1"},{"model":"b","text":"2"}]}]}""", "primary")]
    [InlineData("""{"name":"n","criteria":["beauty"],"items":[{"prompt":"p","responses":[{"model":"a","text":"1"},{"model":"b","text":"2"}]}]}""", "criteria")]
    public async Task Create_WrongField_IsNamed(string body, string field)
    {
        using var client = lab.ApiClient();

        using var answer = await client.PostAsync("/api/v1/studies", new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        var error = (await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken))!["error"]!;
        Assert.Equal((HttpStatusCode.UnprocessableEntity, field), (answer.StatusCode, error["param"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Rate_ValueOffTheScaleOrLeftOut_IsRefusedByPlace()
    {
        using var client = lab.ApiClient();
        var id = await CreateAsync(client);
        var next = (await PostAsync(client, $"/api/v1/studies/{id}/next", new JsonObject()))["assignment"]!;
        var six = Rating(next, 6, null);
        var without = Rating(next, 3, 3);
        without["scores"]![2]!.AsObject().Remove("value");
        var missing = Rating(next, 3, 3);
        missing["scores"]!.AsArray().RemoveAt(3);

        Assert.Equal("scores[0]", await RefusedAsync(client, six));
        Assert.Equal("scores[2].value", await RefusedAsync(client, without));
        Assert.Equal("scores", await RefusedAsync(client, missing));
    }

    private static async Task<int> CreateAsync(HttpClient client)
    {
        var responses = new JsonArray(
            new JsonObject { ["model"] = "model-base", ["text"] = "=1+1" }, new JsonObject { ["model"] = "model-tuned", ["text"] = "三" });
        var body = new JsonObject
        {
            ["name"] = "model-base or model-tuned?",
            ["overlap"] = 1,
            ["criteria"] = new JsonArray([.. Criteria.Select(key => (JsonNode)key)]),
            ["items"] = new JsonArray(new JsonObject { ["prompt"] = "一, 二?", ["responses"] = responses }),
        };
        return (await PostAsync(client, "/api/v1/studies", body))["id"]!.GetValue<int>();
    }

    private static JsonObject Rating(JsonNode task, int? relevance, int? safety)
    {
        var scores = from slot in Enumerable.Range(0, 2)
                     from criterion in Criteria
                     select (JsonNode)new JsonObject { ["slot"] = slot, ["criterion"] = criterion, ["value"] = criterion == "safety" ? safety : relevance };
        return new JsonObject { ["assignment_id"] = task["assignment_id"]!.GetValue<int>(), ["scores"] = new JsonArray([.. scores]) };
    }

    private static async Task<JsonNode> PostAsync(HttpClient client, string path, JsonNode body)
    {
        using var answer = await client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<JsonNode> GetAsync(HttpClient client, string path) =>
        JsonNode.Parse(await client.GetStringAsync(path, TestContext.Current.CancellationToken))!;

    private static async Task<string> RefusedAsync(HttpClient client, JsonNode body)
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/ratings", body, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        return JsonNode.Parse(text)!["error"]!["param"]!.GetValue<string>();
    }
}
