using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Api;

public sealed class RunEndpointTests
{
    [Fact]
    public async Task Create_ReferenceRecipe_TrainsAsHuggingFaceDoesAndRegistersTheAdapter()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        var reference = JsonNode.Parse(await File.ReadAllTextAsync(ReferenceFiles.Golden("huggingface", "golden", "train", "lora_token_sum.json"), TestContext.Current.CancellationToken))!;

        var id = await TinyRuns.StartAsync(client, ReferenceRecipe());
        var state = await TinyRuns.WaitForAsync(client, id, "finished", "failed");
        var metrics = await TinyRuns.GetAsync(client, $"/api/v1/runs/{id}/metrics");

        Assert.Equal(("finished", 20, 20), (state["status"]!.GetValue<string>(), state["step"]!.GetValue<int>(), state["total_steps"]!.GetValue<int>()));
        var expected = reference["steps"]!.AsArray().Select(step => step!["loss"]!.GetValue<double>()).ToList();
        Assert.All(expected.Zip(TinyRuns.Losses(metrics)), pair => Assert.Equal(pair.First, pair.Second, 5e-5));
        Assert.Equal(0, metrics[0]!["learning_rate"]!.GetValue<double>());
        Assert.True(File.Exists(Path.Combine(state["output_path"]!.GetValue<string>(), "adapter_model.safetensors")));
        var adapter = await lab.Get<ModelStore>().FindAsync("golden-lora", TestContext.Current.CancellationToken);
        Assert.Equal((ModelKind.Adapter, id, "llama_base"), (adapter!.Kind, adapter.RunId, (await lab.Get<ModelStore>().GetAsync(adapter.BaseModelId!.Value, TestContext.Current.CancellationToken))!.Name));
    }

    [Fact]
    public async Task Stop_ThenResume_GivesTheNumbersOfAnUnbrokenRun()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        var dataset = await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        var recipe = TinyRuns.Recipe(("dataset", dataset.Id), ("max_steps", 60));
        var whole = await TinyRuns.StartAsync(client, TinyRuns.Recipe(("dataset", dataset.Id), ("max_steps", 60), ("name", "whole")));
        await TinyRuns.WaitForAsync(client, whole, "finished");

        var broken = await TinyRuns.StartAsync(client, recipe);
        await TinyRuns.WaitForAsync(client, broken, "running");
        using var stop = await client.PostAsync($"/api/v1/runs/{broken}/stop", null, TestContext.Current.CancellationToken);
        var stopped = await TinyRuns.WaitForAsync(client, broken, "stopped");
        using var resume = await client.PostAsync($"/api/v1/runs/{broken}/resume", null, TestContext.Current.CancellationToken);
        await TinyRuns.WaitForAsync(client, broken, "finished", "failed");

        Assert.InRange(stopped["step"]!.GetValue<int>(), 0, 59);
        var (expected, actual) = (await TinyRuns.GetAsync(client, $"/api/v1/runs/{whole}/metrics"), await TinyRuns.GetAsync(client, $"/api/v1/runs/{broken}/metrics"));
        Assert.Equal(TinyRuns.Losses(expected), TinyRuns.Losses(actual));
        Assert.Equal(Enumerable.Range(1, 60), actual.AsArray().Select(metric => metric!["step"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Create_SeveralThingsWrong_NamesEveryField()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();

        var (status, fields) = await RefusedAsync(client, TinyRuns.Recipe(("learning_rate", 0), ("per_device_train_batch_size", 0), ("model", "nobody"), ("dataset", "nothing")));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(["dataset", "learning_rate", "model", "per_device_train_batch_size"], fields.Order());
    }

    [Fact]
    public async Task Create_UnknownFieldsAndWrongTypes_NamesThem()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();

        var (status, fields) = await RefusedAsync(client, TinyRuns.Recipe(("learning_rat", 1), ("max_steps", "many"), ("lora", new JsonObject { ["rank"] = 8 })));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(["learning_rat", "lora.rank", "max_steps"], fields.Order());
    }

    [Fact]
    public async Task Create_TokenBeyondTheVocabulary_NamesTheRow()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await lab.Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("golden", DatasetFormats.InputIds), [TestRows.Ids("[1,2,99999]", "[1,2,99999]")], TestContext.Current.CancellationToken);

        using var response = await client.PostAsJsonAsync("/api/v1/runs", TinyRuns.Recipe(), TestContext.Current.CancellationToken);

        Assert.Contains("99999", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task Create_TextRowsForAModelWithoutTokenizer_IsRefused()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await lab.Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("golden", DatasetFormats.PromptResponse), [TestRows.Pair("1+1?", "2")], TestContext.Current.CancellationToken);

        var (status, fields) = await RefusedAsync(client, TinyRuns.Recipe());

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "model"), (status, Assert.Single(fields)));
    }

    [Fact]
    public async Task Create_NoJson_IsRefused()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        using var body = new StringContent("{\"model\":", Encoding.UTF8, "application/json");

        using var response = await client.PostAsync("/api/v1/runs", body, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task Get_UnknownRun_IsNotFound()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();

        using var one = await client.GetAsync("/api/v1/runs/12", TestContext.Current.CancellationToken);
        using var metrics = await client.GetAsync("/api/v1/runs/12/metrics", TestContext.Current.CancellationToken);
        using var stop = await client.PostAsync("/api/v1/runs/12/stop", null, TestContext.Current.CancellationToken);

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound], new[] { one.StatusCode, metrics.StatusCode, stop.StatusCode });
    }

    [Fact]
    public async Task Create_WithoutKey_IsUnauthorized()
    {
        using var lab = new LabHost();
        using var client = lab.CreateClient();

        using var response = await client.PostAsJsonAsync("/api/v1/runs", TinyRuns.Recipe(), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static async Task<(HttpStatusCode Status, IReadOnlyList<string> Fields)> RefusedAsync(HttpClient client, JsonObject recipe)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/runs", recipe, TestContext.Current.CancellationToken);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        return (response.StatusCode, [.. body["problems"]!.AsArray().Where(problem => problem!["severity"]!.GetValue<string>() == "error").Select(problem => problem!["field"]!.GetValue<string>())]);
    }

    /// <summary>The reference run's own settings (config of lora_token_sum.json).</summary>
    private static JsonObject ReferenceRecipe() => new()
    {
        ["name"] = "golden-lora",
        ["model"] = TinyRuns.Model,
        ["dataset"] = "golden",
        ["method"] = "lora",
        ["max_steps"] = 20,
        ["warmup_steps"] = 5,
        ["learning_rate"] = 0.005,
        ["lr_scheduler_type"] = "cosine",
        ["weight_decay"] = 0.01,
        ["max_grad_norm"] = 1.0,
        ["gradient_accumulation_steps"] = 2,
        ["per_device_train_batch_size"] = 2,
        ["loss_normalization"] = "token_sum",
        ["shuffle"] = false,
        ["dtype"] = "float32",
        ["val_size"] = 0,
        ["lora"] = new JsonObject { ["r"] = 8, ["lora_alpha"] = 16, ["lora_dropout"] = 0, ["init_from"] = ReferenceFiles.Golden("huggingface", "adapters", "lora") },
    };
}
