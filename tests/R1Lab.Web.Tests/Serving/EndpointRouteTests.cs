using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using R1Lab.Data.Models;
using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;
using R1Lab.Web.Tests.Api;

namespace R1Lab.Web.Tests.Serving;

/// <summary>Endpoints through the program: added, changed, checked and asked, with a key that never comes back.</summary>
public sealed class EndpointRouteTests : IDisposable
{
    private const string Path = "/api/v1/endpoints";

    private readonly LabHost _lab = new();
    private readonly HttpClient _client;

    public EndpointRouteTests() => _client = _lab.ApiClient();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _lab.Dispose();
    }

    [Fact]
    public async Task Post_NewEndpoint_StoresTheKeyEncryptedAndSendsItToTheEndpointOnly()
    {
        await using var server = await RemoteServer.StreamingAsync("""data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}""" + "\n\n");

        var added = await AddAsync(server.Address);
        var listed = (await _client.GetJsonAsync(Path)).Body.ToJsonString();
        var stored = (await _lab.Get<EndpointStore>().FindAsync("remote", Cancel))!;
        using var engine = await _lab.Get<RemoteEngines>().OpenAsync("remote", Cancel);
        await engine!.GenerateAsync(RemoteAsk.Request(), Cancel).LastAsync(Cancel);

        Assert.Equal((true, "unchecked", 1), (added["has_key"]!.GetValue<bool>(), added["state"].Str(), added["version"].Int()));
        Assert.All([added.ToJsonString(), listed, stored.ProtectedKey!], text => Assert.DoesNotContain(RemoteAsk.Key, text, StringComparison.Ordinal));
        Assert.Equal($"Bearer {RemoteAsk.Key}", Assert.Single(server.Requests).Key);
        Assert.DoesNotContain(RemoteAsk.Key, string.Concat(Directory.EnumerateFiles(_lab.Folder.Path, "r1lab.db*").Select(ReadShared)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name", "")]
    [InlineData("address", "ftp://a.example")]
    [InlineData("model", "")]
    [InlineData("max_requests", 0)]
    [InlineData("key", "a b")]
    public async Task Post_WrongField_IsRefusedByName(string field, object value)
    {
        var body = new JsonObject { ["name"] = "remote", ["address"] = "https://a.example/v1", ["model"] = "m", [field] = JsonValue.Create(value) };

        Assert.Equal((422, field), (await _client.RefusedAsync(Path, body)) is var refused ? (refused.Status, refused.Field) : default);
    }

    [Fact]
    public async Task Post_NameOfAModel_IsAConflict()
    {
        await _lab.Get<ModelStore>().AddAsync(Actors.Lab, new RegisteredModel { Name = "model", Path = "/m" }, Cancel);

        Assert.Equal(409, (await _client.RefusedAsync(Path, new { name = "model", address = "https://a.example/v1", model = "m" })).Status);
    }

    [Fact]
    public async Task Patch_GivenFields_ChangesThoseAndNoOther()
    {
        var added = await AddAsync(new Uri("http://127.0.0.1:9"));

        var changed = (await PatchAsync(added, new { version = 1, model = "other" })).Body;
        var stale = await PatchAsync(added, new { version = 1, model = "late" });
        var unversioned = await PatchAsync(added, new { model = "late" });
        var removed = (await PatchAsync(added, new { version = 2, key = "" })).Body;

        Assert.Equal(("remote", "other", true, true, 2), (changed["name"].Str(), changed["model"].Str(), changed["has_key"]!.GetValue<bool>(), changed["allow_private"]!.GetValue<bool>(), changed["version"].Int()));
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.UnprocessableEntity, false), (stale.Status, unversioned.Status, removed["has_key"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task Patch_ToAnotherServer_DoesNotTakeTheKeyAlong()
    {
        await using var evil = await RemoteServer.RefusingAsync(200, "{}");
        var added = await AddAsync(new Uri("http://127.0.0.1:9"));

        var (status, body) = await PatchAsync(added, new { version = 1, address = evil.Address.AbsoluteUri });

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "endpoint_key_elsewhere"), (status, body["error"]!["code"].Str()));
    }

    [Fact]
    public async Task Delete_Endpoint_IsGoneForEveryone()
    {
        var added = await AddAsync(new Uri("http://127.0.0.1:9"));

        var (gone, _) = await _client.SendAsync(HttpMethod.Delete, $"{Path}/{added["id"]}");
        var (again, _) = await _client.SendAsync(HttpMethod.Delete, $"{Path}/{added["id"]}");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (gone, again));
        Assert.Null(await _lab.Get<RemoteEngines>().OpenAsync("remote", Cancel));
    }

    public static TheoryData<int, string, string, string?, int?> Lists => new()
    {
        { 200, """{"object":"list","data":[{"id":"m","max_model_len":4096}]}""", "works", null, 4096 },
        { 200, """{"data":[{"id":"x"},{"id":"m","context_length":128000}]}""", "works", null, 128000 },
        { 200, """{"data":[{"id":"m"}]}""", "works", null, null },
        { 200, """[{"id":"m"}]""", "works", null, null },
        { 200, """{"data":[{"id":"a"},{"id":"b"}]}""", "failed", "endpoint_no_such_model", null },
        { 200, """{"data":{}}""", "failed", "endpoint_bad_list", null },
        { 200, """{"models":[]}""", "failed", "endpoint_bad_list", null },
        { 200, "7", "failed", "endpoint_bad_list", null },
        { 200, "<html>", "failed", "endpoint_bad_list", null },
        { 404, """{"detail":"Not Found"}""", "failed", "endpoint_no_list", null },
        { 401, """{"error":{"message":"no"}}""", "failed", "endpoint_key_refused", null },
        { 500, "", "failed", "endpoint_failed", null },
        { 302, "", "failed", "endpoint_redirect", null },
    };

    [Theory, MemberData(nameof(Lists))]
    public async Task Check_AnyList_SaysWhetherTheModelIsThere(int status, string list, string state, string? error, int? length)
    {
        await using var server = await RemoteServer.RefusingAsync(status, list);
        var added = await AddAsync(server.Address);

        var found = await _client.AskAsync($"{Path}/{added["id"]}/check", new { });

        Assert.Equal((state, error, length), (found["state"].Str(), found["error"]?.GetValue<string>(), found["max_model_len"]?.GetValue<int>()));
        Assert.Equal(("/v1/models", $"Bearer {RemoteAsk.Key}"), server.Requests.Single() is var request ? (request.Path, request.Key) : default);
    }

    [Fact]
    public async Task Check_AddressInsideWithoutPermission_SendsNothing()
    {
        await using var server = await RemoteServer.RefusingAsync(200, "{}");
        var added = await _client.AskAsync(Path, new { name = "inside", address = server.Address, model = "m" });

        var found = await _client.AskAsync($"{Path}/{added["id"]}/check", new { });

        Assert.Equal(("endpoint_private_address", 0), (found["error"].Str(), server.Requests.Count));
    }

    [Fact]
    public async Task ListAsync_OfTheEngines_NamesWhatCanBeAsked()
    {
        await AddAsync(new Uri("http://127.0.0.1:9"));

        var model = Assert.Single(await _lab.Get<RemoteEngines>().ListAsync(Cancel));

        Assert.Equal(("remote", "m", "127.0.0.1:9", null), (model.Name, model.Model, model.Host, model.Fault));
    }

    // Requests of every session of one endpoint count together, also after an edit that leaves their number alone.
    [Fact]
    public async Task OpenAsync_Twice_SharesTheQueue()
    {
        var added = await AddAsync(new Uri("http://127.0.0.1:9"));
        var engines = _lab.Get<RemoteEngines>();
        using var first = await engines.OpenAsync("remote", Cancel);
        first!.Reserve(64, "n");
        await PatchAsync(added, new { version = 1, model = "other" });
        using var second = await engines.OpenAsync("remote", Cancel);

        Assert.Throws<R1Lab.Web.Serving.ModelBusyException>(() => second!.Reserve(1, "n"));
    }

    [Fact]
    public async Task OpenAsync_KeyOfAnotherLab_IsSaid()
    {
        await _lab.Get<EndpointStore>().AddAsync(Actors.Lab, new EndpointEdit("lost", "https://a.example/v1", "m", false, 1, KeyChange.Replace("not ours")), Cancel);

        var failure = await Assert.ThrowsAsync<EndpointException>(() => _lab.Get<RemoteEngines>().OpenAsync("lost", Cancel));

        Assert.Equal("endpoint_key_lost", failure.Fault!.Code);
    }

    // One lab as the remote endpoint of another.
    [Fact]
    public async Task GenerateAsync_AtAnotherLab_AnswersLikeAnyEndpoint()
    {
        await using var other = await BuiltProgram.StartAsync(BuiltProgram.Path, ReferenceFiles.Repository, new() { ["Lab__Bootstrap__ApiKey"] = LabHost.BootstrapKey });
        var added = await _client.AskAsync(Path, new { name = "other lab", address = other.Client.BaseAddress, model = "r1lab-demo-qwen3-3m", key = LabHost.BootstrapKey, allow_private = true });

        var found = await _client.AskAsync($"{Path}/{added["id"]}/check", new { });
        using var engine = await _lab.Get<RemoteEngines>().OpenAsync("other lab", Cancel);
        var heard = new Heard();
        await foreach (var step in engine!.GenerateAsync(RemoteAsk.Request(new() { Temperature = 0, MaxNewTokens = 5, TopK = 3, RepetitionPenalty = 1.1 }), Cancel)) heard.Add(step);

        Assert.Equal(("works", R1Lab.Engine.Generation.FinishReason.Length, 5), (found["state"].Str(), heard.End!.Finish, heard.End.Tokens));
        Assert.NotEqual("", heard.Text + heard.Thought);
        Assert.True(heard.End.PromptTokens > 0);
    }

    private Task<JsonNode> AddAsync(Uri address) => _client.AskAsync(Path, new { name = "remote", address, model = "m", key = RemoteAsk.Key, allow_private = true });

    private Task<(HttpStatusCode Status, JsonNode Body)> PatchAsync(JsonNode endpoint, object body) => _client.SendAsync(HttpMethod.Patch, $"{Path}/{endpoint["id"]}", ApiCalls.Json(body));

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
