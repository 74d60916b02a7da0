using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Api;

public sealed class DatasetEndpointTests(LabHost lab) : IClassFixture<LabHost>
{
    private const string Datasets = "/api/v1/datasets";
    private readonly HttpClient _client = lab.ApiClient();

    [Fact]
    public async Task Import_GoodFile_AnswersTheDataset()
    {
        var (status, made) = await ImportAsync("name=good&format=prompt_response", """{"prompt":"1+1?","response":"2"}""" + "\n");

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(("good", "prompt_response", 1, 1, 0), (made["name"].Str(), made["format"].Str(), made["rows"].Int(), made["version"].Int(), made["skipped"].Int()));
        var (_, card) = await _client.GetJsonAsync($"{Datasets}/{made["id"].Int()}");
        Assert.Equal(("good", 1), (card["name"].Str(), card["rows"].Int()));
    }

    [Fact]
    public async Task Import_BadLines_NamesEveryOneAndStoresNothing()
    {
        var before = await CountAsync();
        var file = "{\"prompt\":\"a\",\"response\":\"b\"}\n\nnot json\n{\"prompt\":\"c\"}\n{\"prompt\":\"d\",\"response\":7}\n";

        var (status, refused) = await ImportAsync("name=bad&format=prompt_response", file);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal([3, 4, 5], refused["lines"]!.AsArray().Select(l => l!["line"].Int()));
        Assert.All(refused["lines"]!.AsArray(), l => Assert.NotEmpty(l!["reason"].Str()));
        Assert.Equal("bad: 3 bad lines, nothing was stored.", refused["error"]!["message"].Str());
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task Import_SkipBad_StoresTheGoodAndListsTheRest()
    {
        var (status, made) = await ImportAsync("name=half&skip_bad=true", "{\"prompt\":\"a\",\"response\":\"b\"}\n{\"prompt\":\"c\"}\n");
        var (none, refused) = await ImportAsync("name=none&skip_bad=true&format=prompt_response", "{\"prompt\":\"c\"}\n");

        Assert.Equal((HttpStatusCode.Created, 1, 1), (status, made["rows"].Int(), made["skipped"].Int()));
        Assert.Equal(2, Assert.Single(made["lines"]!.AsArray())!["line"].Int());
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 1), (none, Assert.Single(refused["lines"]!.AsArray())!["line"].Int()));
    }

    [Fact]
    public async Task Import_ThoughtBesideTheAnswer_IsStoredAsPartOfIt()
    {
        var (status, made) = await ImportAsync("name=thought", "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"r\"}]}\n");

        Assert.Equal(HttpStatusCode.Created, status);
        var (_, rows) = await _client.GetJsonAsync($"{Datasets}/{made["id"].Int()}/rows");
        Assert.Equal("<think>\nr\n</think>\n\na", rows["rows"]![0]!["response"].Str());
    }

    [Theory]
    [InlineData("{\"prompt\":\"q\",\"response\":\"a\",\"rejected\":\"b\"}", "rejected answers")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}],\"tools\":\"[{}, {}]\"}", "a function has no name")]
    public async Task Import_WhatARowCannotCarry_IsRefusedWithItsReason(string line, string reason)
    {
        var (status, refused) = await ImportAsync("name=refused", line + "\n");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains(reason, Assert.Single(refused["lines"]!.AsArray())!["reason"].Str(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_Conversations_AreReadChangedAndExportedAsTheyStand()
    {
        const string first = """{"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}, {"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4", "weight": 0}, {"role": "user", "content": "3+3?"}, {"role": "assistant", "content": "6"}], "id": 1}""";
        const string second = """{"messages": [{"role": "user", "content": "\u4f60"}, {"role": "assistant", "content": "a"}], "tools": [{"type": "function", "function": {"name": "w"}}]}""";

        var (status, made) = await ImportAsync("name=turns", $"{first}\r\n{second}");

        Assert.Equal((HttpStatusCode.Created, "messages", 2), (status, made["format"].Str(), made["rows"].Int()));
        var address = $"{Datasets}/{made["id"].Int()}";
        var rows = (await _client.GetJsonAsync($"{address}/rows")).Body["rows"]!.AsArray();
        Assert.Equal(["system", "user", "assistant", "user", "assistant", "user", "assistant"], rows[0]!["messages"]!.AsArray().Select(turn => turn!["role"].Str()));
        Assert.Equal(("3+3?", "6", "w"), (rows[0]!["prompt"].Str(), rows[0]!["response"].Str(), rows[1]!["tools"]![0]!["function"]!["name"].Str()));
        Assert.False((bool)rows[0]!["messages"]![4]!["train"]!);
        Assert.Equal($"{first}\r\n{second}", await _client.GetStringAsync($"{address}/export", TestContext.Current.CancellationToken));

        var turns = rows[0]!["messages"]!.DeepClone().AsArray();
        turns[6]!["content"] = "six";
        var (changed, answer) = await SendAsync(HttpMethod.Put, $"{address}/rows/{rows[0]!["id"].Int()}", new JsonObject { ["messages"] = turns });

        Assert.Equal((HttpStatusCode.OK, "six"), (changed, answer["response"].Str()));
        var exported = await _client.GetStringAsync($"{address}/export", TestContext.Current.CancellationToken);
        Assert.EndsWith($", \"id\": 1}}\r\n{second}", exported, StringComparison.Ordinal);
        Assert.Contains("""{"role":"assistant","content":"4","train":false}""", exported, StringComparison.Ordinal);
        var (again, copy) = await ImportAsync("name=copy", exported);
        Assert.Equal((HttpStatusCode.Created, 2), (again, copy["rows"].Int()));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"q"}]}""", "field messages must end with an assistant turn.")]
    [InlineData("""{"messages":[{"role":"user","content":7},{"role":"assistant","content":"a"}]}""", "field content must be text, is a number.")]
    [InlineData("""{"messages":[1]}""", "field messages must hold objects with role and content.")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":[{}]}""", "field tools: a function has no name.")]
    [InlineData("{}", "messages is missing.")]
    public async Task AddRow_NoConversation_SaysWhatIsWrong(string row, string reason)
    {
        var (_, made) = await ImportAsync("name=talk", """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""" + "\n");

        var (status, refused) = await SendAsync(HttpMethod.Post, $"{Datasets}/{made["id"].Int()}/rows", JsonNode.Parse(row)!);

        Assert.Equal((HttpStatusCode.BadRequest, reason), (status, refused["error"]!["message"].Str()));
    }

    [Fact]
    public async Task Import_ShareGpt_IsStoredAsMessages()
    {
        var (status, made) = await ImportAsync("name=gpt", """{"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}], "system": "Be brief"}""");

        Assert.Equal((HttpStatusCode.Created, "messages"), (status, made["format"].Str()));
        Assert.Equal(
            """{"messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""" + "\n",
            await _client.GetStringAsync($"{Datasets}/{made["id"].Int()}/export", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Import_SystemTextBesideTheAnswer_IsPartOfTheRow()
    {
        var (status, made) = await ImportAsync("name=pirate", """{"prompt":"hi","response":"hello","system":"You are a pirate."}""" + "\n");

        Assert.Equal((HttpStatusCode.Created, "prompt_response"), (status, made["format"].Str()));
        var address = $"{Datasets}/{made["id"].Int()}";
        var row = (await _client.GetJsonAsync($"{address}/rows")).Body["rows"]![0]!;
        Assert.Equal("You are a pirate.", row["system"].Str());
        var (changed, _) = await SendAsync(HttpMethod.Put, $"{address}/rows/{row["id"].Int()}", new JsonObject { ["prompt"] = "hi", ["response"] = "ahoy", ["system"] = "You are a pirate." });
        Assert.Equal(HttpStatusCode.OK, changed);
        Assert.Equal("""{"prompt":"hi","response":"ahoy","system":"You are a pirate."}""" + "\n", await _client.GetStringAsync($"{address}/export", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Import_UnknownFields_AreListedBeforeAndAfter()
    {
        const string file = "{\"prompt\":\"q\",\"response\":\"a\",\"context\":\"c\",\"id\":1}\n{\"prompt\":\"q\",\"response\":\"a\",\"context\":\"c\",\"hint\":\"h\"}\n";
        var before = await CountAsync();

        var (looked, check) = await ImportAsync("name=fields&check_only=true", file);
        var stored = await CountAsync();
        var (status, made) = await ImportAsync("name=fields", file);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Created, before), (looked, status, stored));
        Assert.All([check, made], answer => Assert.Equal(["context 2", "hint 1"], answer["ignored"]!.AsArray().Select(field => $"{field!["field"].Str()} {field["rows"].Int()}")));
    }

    [Fact]
    public async Task Import_PrettyPrintedArray_IsItsElements()
    {
        var (status, made) = await ImportAsync("name=array", "[\n  {\n    \"instruction\": \"Say hi\",\n    \"input\": \"\",\n    \"output\": \"hi\"\n  },\n  {\n    \"instruction\": \"b\",\n    \"output\": \"c\"\n  }\n]\n");

        Assert.Equal((HttpStatusCode.Created, 2), (status, made["rows"].Int()));
    }

    [Theory]
    [InlineData("\uFEFF{\"prompt\":\"a\",\"response\":\"b\"}\r\n{\"prompt\":\"c\",\"response\":\"d\"}\r\n")]
    [InlineData("\n\n  {\"response\" : \"b\",\"prompt\":\"\\u0041\", \"more\":[1,2.50]}\t\n\n\n{\"prompt\":\"c\",\"response\":\"d\"}")]
    [InlineData("{\"prompt\":\"问\\n题\",\"response\":\"<think>\\n想</think>答 🎉\"}\n   \n")]
    [InlineData("{\"input_ids\":[1, 2,3],\"labels\":[-100, 2,3]}\r\n{\"labels\":[5],\"input_ids\":[4]}")]
    public async Task Export_UneditedFile_IsTheSameBytes(string file)
    {
        var (_, made) = await ImportAsync("name=bytes", file);

        var exported = await _client.GetByteArrayAsync($"{Datasets}/{made["id"].Int()}/export", TestContext.Current.CancellationToken);

        Assert.Equal(file, Encoding.UTF8.GetString(exported)); // GetString keeps a byte order mark
    }

    [Fact]
    public async Task Rows_OfTokenIds_AreGivenBackAsTheyWere()
    {
        var (_, made) = await ImportAsync("name=ids&format=input_ids", "{\"input_ids\":[1,2,3],\"labels\":[-100,2,3]}\n{\"input_ids\":[4],\"labels\":[4]}\n");

        var (_, page) = await _client.GetJsonAsync($"{Datasets}/{made["id"].Int()}/rows");

        Assert.Equal(2, page["total"].Int());
        Assert.Equal(["[1,2,3]/[-100,2,3]", "[4]/[4]"], page["rows"]!.AsArray().Select(r => $"{r!["input_ids"]!.ToJsonString()}/{r["labels"]!.ToJsonString()}"));
    }

    [Fact]
    public async Task Rows_SearchAndPages_FindWhatIsAskedFor()
    {
        var (_, made) = await ImportAsync("name=search", string.Concat(Enumerable.Range(0, 30).Select(i => $"{{\"prompt\":\"question {i}\",\"response\":\"{(i % 3 == 0 ? "三" : "x")}\"}}\n")));
        var rows = $"{Datasets}/{made["id"].Int()}/rows";

        var (_, found) = await _client.GetJsonAsync($"{rows}?q=三&offset=2&limit=3");
        var (negative, _) = await _client.GetJsonAsync($"{rows}?offset=-1");
        var (tooMany, error) = await _client.GetJsonAsync($"{rows}?limit=1000000");

        Assert.Equal(10, found["total"].Int());
        Assert.Equal(["question 6", "question 9", "question 12"], found["rows"]!.AsArray().Select(r => r!["prompt"].Str()));
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, "limit"), (negative, tooMany, error["error"]!["param"].Str()));
    }

    [Fact]
    public async Task Edit_AddChangeDelete_CanBeTakenBackOneByOne()
    {
        var file = "{\"prompt\":\"a\",\"response\":\"b\"}\r\n{\"prompt\":\"c\",\"response\":\"d\",\"source\":\"book\"}\r\n";
        var (_, made) = await ImportAsync("name=edit", file);
        var dataset = $"{Datasets}/{made["id"].Int()}";
        var (_, page) = await _client.GetJsonAsync($"{dataset}/rows");
        var (first, second) = (page["rows"]![0]!["id"].Int(), page["rows"]![1]!["id"].Int());

        var (added, _) = await _client.PostAsync($"{dataset}/rows", new { prompt = "e", response = "f" });
        var (changed, row) = await _client.SendAsync(HttpMethod.Put, $"{dataset}/rows/{second}", ApiCalls.Json(new { prompt = "c", response = "D" }));
        var (deleted, _) = await _client.SendAsync(HttpMethod.Delete, $"{dataset}/rows/{first}");
        var edited = await _client.GetStringAsync($"{dataset}/export", TestContext.Current.CancellationToken);
        var undone = new List<string>();
        for (var i = 0; i < 3; i++) undone.Add((await _client.AskAsync($"{dataset}/undo", new { }))["undone"].Str());

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.NoContent), (added, changed, deleted));
        Assert.Equal("D", row["response"].Str());
        Assert.Equal("{\"prompt\":\"c\",\"response\":\"D\",\"source\":\"book\"}\r\n{\"prompt\": \"e\", \"response\": \"f\"}\n", edited);
        Assert.Equal(["delete", "update", "add"], undone);
        Assert.Equal(file, await _client.GetStringAsync($"{dataset}/export", TestContext.Current.CancellationToken));
        Assert.Null((await _client.AskAsync($"{dataset}/undo", new { }))["undone"]);
    }

    [Fact]
    public async Task Edit_BadValues_NameTheField()
    {
        var (_, text) = await ImportAsync("name=texts", "{\"prompt\":\"a\",\"response\":\"b\"}\n");
        var (_, ids) = await ImportAsync("name=numbers", "{\"input_ids\":[1],\"labels\":[1]}\n");

        Assert.Equal("prompt", (await _client.RefusedAsync($"{Datasets}/{text["id"].Int()}/rows", new { response = "x" })).Field);
        Assert.Equal("response", (await _client.RefusedAsync($"{Datasets}/{text["id"].Int()}/rows", new { prompt = "x" })).Field);
        Assert.Equal("input_ids", (await _client.RefusedAsync($"{Datasets}/{ids["id"].Int()}/rows", new { prompt = "x" })).Field);
        Assert.Equal("labels", (await _client.RefusedAsync($"{Datasets}/{ids["id"].Int()}/rows", new { input_ids = new[] { 1, 2 }, labels = new[] { 1 } })).Field);
        Assert.Equal(404, (await _client.RefusedAsync($"{Datasets}/999999/rows", new { prompt = "x", response = "y" })).Status);
    }

    [Fact]
    public async Task Import_BadQuery_NamesTheField()
    {
        var (unnamed, noName) = await ImportAsync("format=auto", "{}");
        var (unknown, noFormat) = await ImportAsync("name=x&format=csv", "{}");

        Assert.Equal((HttpStatusCode.BadRequest, "name"), (unnamed, noName["error"]!["param"].Str()));
        Assert.Equal((HttpStatusCode.BadRequest, "format"), (unknown, noFormat["error"]!["param"].Str()));
    }

    [Fact]
    public async Task Delete_Dataset_IsGoneAndAudited()
    {
        var (_, made) = await ImportAsync("name=gone", "{\"prompt\":\"a\",\"response\":\"b\"}\n");
        var dataset = $"{Datasets}/{made["id"].Int()}";

        var (deleted, _) = await _client.SendAsync(HttpMethod.Delete, dataset);
        var (missing, _) = await _client.GetJsonAsync(dataset);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (deleted, missing));
        await using var context = await lab.Get<Microsoft.EntityFrameworkCore.IDbContextFactory<R1Lab.Data.LabDbContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
        Assert.Contains(context.Set<AuditEntry>().ToList(), e => e is { Action: "dataset.delete", ActorName: "bootstrap" } && e.Subject!.EndsWith(" gone", StringComparison.Ordinal));
    }

    public static TheoryData<string> BadInputs() =>
        [.. File.ReadLines(ReferenceFiles.Golden("badinput", "index.jsonl")).Select(l => JsonNode.Parse(l)!).Where(l => l["kind"].Str() == "jsonl").Select(l => l["id"].Str())];

    [Theory]
    [MemberData(nameof(BadInputs))]
    public async Task Import_BadInputCorpus_IsJudgedAsItsIndexSays(string id)
    {
        var entry = File.ReadLines(ReferenceFiles.Golden("badinput", "index.jsonl")).Select(l => JsonNode.Parse(l)!).Single(l => l["id"].Str() == id);
        var bytes = await File.ReadAllBytesAsync(ReferenceFiles.Golden("badinput", entry["file"].Str()), TestContext.Current.CancellationToken);
        var (expect, before) = (entry["expect"]!, await CountAsync());

        var (status, answer) = await _client.SendAsync(HttpMethod.Post, $"{Datasets}?name={id}&format=prompt_response", new ByteArrayContent(bytes));

        if (expect["verdict"].Str() == "accept")
        {
            Assert.Equal(HttpStatusCode.Created, status);
            Assert.Equal(bytes, await _client.GetByteArrayAsync($"{Datasets}/{answer["id"].Int()}/export", TestContext.Current.CancellationToken));
            return;
        }

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(expect["bad_lines"].Ids(), answer["lines"]!.AsArray().Select(l => l!["line"].Int()));
        Assert.Contains(id, answer["error"]!["message"].Str(), StringComparison.Ordinal);
        Assert.Equal(before, await CountAsync());
        if (expect["good_lines"].Int() > 0)
        {
            var (skipped, half) = await _client.SendAsync(HttpMethod.Post, $"{Datasets}?name={id}&format=prompt_response&skip_bad=true", new ByteArrayContent(bytes));
            Assert.Equal((HttpStatusCode.Created, expect["good_lines"].Int()), (skipped, half["rows"].Int()));
        }
    }

    private Task<(HttpStatusCode Status, JsonNode Body)> ImportAsync(string query, string file) =>
        _client.SendAsync(HttpMethod.Post, $"{Datasets}?{query}", new ByteArrayContent(Encoding.UTF8.GetBytes(file)));

    private Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(HttpMethod method, string path, JsonNode body) =>
        _client.SendAsync(method, path, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));

    private async Task<int> CountAsync() => (await _client.GetJsonAsync(Datasets)).Body.AsArray().Count;
}
