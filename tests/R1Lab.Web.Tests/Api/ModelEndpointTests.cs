using System.Net;
using System.Text.Json.Nodes;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

public sealed class ModelEndpointTests(LabHost lab) : IClassFixture<LabHost>
{
    private const string Models = "/api/v1/models";
    private readonly HttpClient _client = lab.ApiClient();

    [Fact]
    public async Task Register_ModelThenAdapter_TellsEverythingAboutThem()
    {
        var (made, model) = await _client.PostAsync(Models, new { path = ModelLab.GoldenModel("qwen3"), name = "org/qwen" });
        var (_, _) = await _client.PostAsync(Models, new { path = ModelLab.GoldenModel("llama_base") });
        var (adapterMade, adapter) = await _client.PostAsync(Models, new { path = ReferenceFiles.Golden("huggingface", "adapters", "dora") });
        var (_, listed) = await _client.GetJsonAsync(Models);
        var (_, one) = await _client.GetJsonAsync($"{Models}/org/qwen");
        var (_, root) = await _client.GetJsonAsync($"{Models}/llama_base");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (made, adapterMade));
        Assert.Equal(("org/qwen", "qwen3", "base", false), (model["name"].Str(), model["family"].Str(), model["kind"].Str(), model["loaded"]!.GetValue<bool>()));
        Assert.Equal(("llama_base:dora", "adapter", "llama_base"), (adapter["name"].Str(), adapter["kind"].Str(), adapter["base"].Str()));
        Assert.Equal(["llama_base:dora"], root["adapters"]!.AsArray().Select(a => a.Str()));
        Assert.Equal(64, model["fingerprint"].Str().Length);
        Assert.True(model["parameters"]!.GetValue<long>() > 100_000);
        Assert.True(JsonNode.DeepEquals(one, listed.AsArray().Single(m => m!["name"].Str() == "org/qwen")));
    }

    [Fact]
    public async Task Register_BrokenWeights_NamesFileTensorAndReason()
    {
        using var folder = new R1Lab.Tests.Shared.TemporaryFolder();
        foreach (var file in Directory.GetFiles(ModelLab.GoldenModel("llama_base"))) File.Copy(file, folder.Path(Path.GetFileName(file)));
        var config = await File.ReadAllTextAsync(folder.Path("config.json"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.Path("config.json"), config.Replace("\"intermediate_size\": 160", "\"intermediate_size\": 161", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var (status, answer) = await _client.PostAsync(Models, new { path = folder.Root });

        var message = answer["error"]!["message"].Str();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("safetensors", message, StringComparison.Ordinal);
        Assert.Contains("_proj.weight", message, StringComparison.Ordinal);
        Assert.Contains("161", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("num_hidden_layers", int.MaxValue)]
    [InlineData("num_hidden_layers", 900)]
    [InlineData("vocab_size", int.MaxValue)]
    [InlineData("max_position_embeddings", int.MaxValue)]
    public async Task Register_CountThatTheFilesDoNotBear_IsRefusedAtOnceByFileAndField(string field, int count)
    {
        using var folder = new R1Lab.Tests.Shared.TemporaryFolder();
        foreach (var file in Directory.GetFiles(ModelLab.GoldenModel("llama_base"))) File.Copy(file, folder.Path(Path.GetFileName(file)));
        var config = JsonNode.Parse(await File.ReadAllTextAsync(folder.Path("config.json"), TestContext.Current.CancellationToken))!;
        config[field] = count;
        await File.WriteAllTextAsync(folder.Path("config.json"), config.ToJsonString(), TestContext.Current.CancellationToken);

        var (status, answer) = await _client.PostAsync(Models, new { path = folder.Root }).WaitAsync(Patience.For(TimeSpan.FromSeconds(15)), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains($"config.json: {field}", answer["error"]!["message"].Str(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Register_UnusableRequests_AreRefused()
    {
        await _client.PostAsync(Models, new { path = ModelLab.GoldenModel("qwen2"), name = "taken" });

        Assert.Equal((422, "path"), await FieldAsync(new { }));
        Assert.Equal((422, "name"), await FieldAsync(new { path = "/x", name = "" }));
        Assert.Equal(422, (await FieldAsync(new { path = "/there/is/no/such/folder" })).Status);
        Assert.Equal((409, "name"), await FieldAsync(new { path = ModelLab.GoldenModel("qwen3_yarn"), name = "taken" }));
    }

    [Fact]
    public async Task Register_KnownFolderUnderANewName_IsCalledSo()
    {
        await _client.PostAsync(Models, new { path = ModelLab.GoldenModel("llama_linear_bias") });

        var again = await _client.AskAsync(Models, new { path = ModelLab.GoldenModel("llama_linear_bias"), name = "biased" });

        Assert.Equal("biased", again["name"].Str());
        Assert.Equal(again["id"].Int(), (await _client.GetJsonAsync($"{Models}/biased")).Body["id"].Int());
    }

    [Fact]
    public async Task Get_UnknownModel_IsNotFound()
    {
        var (status, answer) = await _client.GetJsonAsync($"{Models}/nobody");

        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (status, answer["error"]!["code"].Str()));
    }

    private async Task<(int Status, string? Field)> FieldAsync(object body)
    {
        var (status, field, _) = await _client.RefusedAsync(Models, body);
        return (status, field);
    }
}
