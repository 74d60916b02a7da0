using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Durability;

/// <summary>The built program on a data folder that outlives it, with the demo model and its dataset, driven over HTTP.</summary>
internal static class StartedLab
{
    /// <summary>Rows of the demo dataset that are imported: enough for several epochs of short runs.</summary>
    private const int Rows = 120;

    public static async Task<BuiltProgram> StartAsync(string dataFolder, params (string Name, string Value)[] settings)
    {
        var environment = settings.ToDictionary(setting => setting.Name, setting => setting.Value);
        environment["Lab__DataFolder"] = dataFolder;
        environment["Lab__Bootstrap__ApiKey"] = LabHost.BootstrapKey;
        environment["Logging__LogLevel__Microsoft.AspNetCore"] = "Warning";
        environment["OMP_NUM_THREADS"] = "1"; // sums in a fixed order: losses of two processes can be compared bit by bit
        var program = await BuiltProgram.StartAsync(BuiltProgram.Path, ReferenceFiles.Repository, environment);
        program.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", LabHost.BootstrapKey);
        return program;
    }

    public static async Task ImportDemoDatasetAsync(HttpClient client)
    {
        var lines = File.ReadLines(Path.Combine(ReferenceFiles.Repository, "samples", "datasets", "two-step-problems.jsonl")).Take(Rows);
        using var body = new StringContent(string.Join('\n', lines));
        using var answer = await client.PostAsync("/api/v1/datasets?name=demo", body, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>LoRA with dropout on the demo model, every step logged.</summary>
    public static JsonObject Recipe(string name, int steps, params (string Field, JsonNode? Value)[] changes)
    {
        var recipe = TinyRuns.Recipe(("name", name), ("model", "r1lab-demo-qwen3-3m"), ("dataset", "demo"), ("max_steps", steps), ("max_length", 256),
            ("val_size", 0.1), ("eval_steps", 10), ("lora", new JsonObject { ["r"] = 8, ["lora_alpha"] = 16, ["lora_dropout"] = 0.1 }));
        foreach (var (field, value) in changes) recipe[field] = value;
        return recipe;
    }

    /// <summary>Waits until the run has taken so many steps.</summary>
    public static async Task<int> WaitForStepAsync(HttpClient client, int run, int step)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(2); DateTime.UtcNow < deadline; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            var state = await TinyRuns.GetAsync(client, $"/api/v1/runs/{run}");
            Assert.True(state["status"]!.GetValue<string>() is "queued" or "running", state.ToJsonString());
            if (state["step"]!.GetValue<int>() is var reached && reached >= step) return reached;
        }

        throw new TimeoutException($"Run {run} did not reach step {step}.");
    }

    /// <summary>Steps, losses and evaluation losses: what must not depend on whether the run was cut.</summary>
    public static async Task<IReadOnlyList<(int Step, double? Loss, double? EvalLoss)>> CurveAsync(HttpClient client, int run) =>
        [.. (await TinyRuns.GetAsync(client, $"/api/v1/runs/{run}/metrics")).AsArray()
            .Select(metric => (metric!["step"]!.GetValue<int>(), metric["loss"]?.GetValue<double>(), metric["eval_loss"]?.GetValue<double>()))];

    public static IReadOnlyList<(string Kind, int Step)> Events(JsonNode state) =>
        [.. state["events"]!.AsArray().Select(happened => (happened!["kind"]!.GetValue<string>(), happened["step"]!.GetValue<int>()))];
}
