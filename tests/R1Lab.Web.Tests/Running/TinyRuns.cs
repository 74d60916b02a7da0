using System.Net.Http.Json;
using System.Text.Json.Nodes;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Running;

/// <summary>Small real runs: the reference models of 200,000 weights on the reference rows of token ids.</summary>
internal static class TinyRuns
{
    public static string Model { get; } = ReferenceFiles.Golden("huggingface", "models", "llama_base");

    /// <summary>The demo model of the samples: it has a tokenizer and thinks.</summary>
    public static string ThinkingModel { get; } = Path.Combine(ReferenceFiles.Repository, "samples", "models", "r1lab-demo-qwen3-3m");

    /// <summary>Rows of text named <c>talk</c>.</summary>
    public static Task<Dataset> AddTextDatasetAsync(DatasetStore datasets, params (string Prompt, string Response)[] rows) =>
        datasets.CreateAsync(Actors.Lab, new NewDataset("talk", DatasetFormats.PromptResponse), rows.Select(row => TestRows.Pair(row.Prompt, row.Response)));

    /// <summary>The reference training rows as a dataset of token ids named <c>golden</c>.</summary>
    public static Task<Dataset> AddGoldenDatasetAsync(DatasetStore datasets)
    {
        var rows = JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("huggingface", "golden", "train", "dataset.json")))!;
        var list = rows as JsonArray ?? rows["rows"]!.AsArray();
        return datasets.CreateAsync(
            Actors.Lab, new NewDataset("golden", DatasetFormats.InputIds),
            list.Select(row => TestRows.Ids(row!["input_ids"]!.ToJsonString(), row["labels"]!.ToJsonString())));
    }

    /// <summary>A short LoRA recipe with the given changes.</summary>
    public static JsonObject Recipe(params (string Field, JsonNode? Value)[] changes)
    {
        var recipe = new JsonObject
        {
            ["name"] = "tiny",
            ["model"] = Model,
            ["dataset"] = "golden",
            ["max_steps"] = 6,
            ["per_device_train_batch_size"] = 2,
            ["learning_rate"] = 1e-3,
            ["logging_steps"] = 1,
            ["dtype"] = "float32",
            ["lora"] = new JsonObject { ["r"] = 4, ["lora_alpha"] = 8 },
        };
        foreach (var (field, value) in changes) recipe[field] = value;
        return recipe;
    }

    public static async Task<int> StartAsync(HttpClient client, JsonObject recipe)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/runs", recipe, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!["id"]!.GetValue<int>();
    }

    public static async Task<JsonNode> GetAsync(HttpClient client, string path) =>
        JsonNode.Parse(await client.GetStringAsync(path, TestContext.Current.CancellationToken))!;

    /// <summary>Asks until the run is in one of these states.</summary>
    public static async Task<JsonNode> WaitForAsync(HttpClient client, int run, params string[] states)
    {
        var deadline = DateTime.UtcNow.AddMinutes(3);
        while (true)
        {
            var state = await GetAsync(client, $"/api/v1/runs/{run}");
            if (states.Contains(state["status"]!.GetValue<string>())) return state;
            Assert.True(DateTime.UtcNow < deadline, $"Run {run} did not become {string.Join(" or ", states)}: {state.ToJsonString()}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public static IReadOnlyList<double> Losses(JsonNode metrics) => [.. metrics.AsArray().Select(metric => metric!["loss"]!.GetValue<double>())];
}
