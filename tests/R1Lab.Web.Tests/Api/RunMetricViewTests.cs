using System.Text.Json.Nodes;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;
using R1Lab.Tests.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Api;

/// <summary>
/// The answer of <c>/api/v1/runs/{id}/metrics</c>: its fields are those that programs rely on, whatever the lab keeps them in.
/// </summary>
public sealed class RunMetricViewTests(LabHost lab) : IClassFixture<LabHost>
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_StepOfAGpu_HasEveryField()
    {
        var answer = await AnswerAsync(new StepMetrics
        {
            Step = 7,
            TotalSteps = 12,
            Epoch = 0.5,
            At = At,
            Loss = 0.1 + 0.2,
            GradNorm = 1e-7,
            LearningRate = 1e-5,
            EvalLoss = 0.25,
            EvalTokenAccuracy = 0.5,
            LossScale = 65536,
            SkippedSteps = 2,
            MicroBatchSize = 4,
            TokensPerSecond = 1234.5,
            SecondsPerStep = 0.25,
            MemoryBytes = 1L << 52,
            DeviceMemoryBytes = 1L << 33,
            DeviceUtilization = 0.97,
            DeviceTemperature = 61,
        });

        Expect(
            """
            {"step":7,"total_steps":12,"epoch":0.5,"loss":0.30000000000000004,"grad_norm":1E-07,"learning_rate":1E-05,"eval_loss":0.25,
            "eval_token_accuracy":0.5,"loss_scale":65536,"skipped_steps":2,"micro_batch_size":4,"tokens_per_second":1234.5,
            "seconds_per_step":0.25,"memory_bytes":4503599627370496,"device_memory_bytes":8589934592,"device_utilization":0.97,
            "device_temperature":61,"at":"2026-01-02T03:04:05+00:00"}
            """,
            answer);
    }

    [Fact]
    public async Task Get_StepThatOnlyEvaluates_LeavesOutWhatIsOptionalAndHasNullForTheRest()
    {
        var answer = await AnswerAsync(new StepMetrics
        {
            Step = 7,
            TotalSteps = 12,
            Epoch = 0.5,
            At = At,
            EvalLoss = double.PositiveInfinity,
            LearningRate = 0,
            SkippedSteps = 0,
        });

        Expect(
            """
            {"step":7,"total_steps":12,"epoch":0.5,"loss":null,"grad_norm":null,"learning_rate":0,"skipped_steps":0,
            "micro_batch_size":null,"tokens_per_second":null,"seconds_per_step":null,"memory_bytes":null,"at":"2026-01-02T03:04:05+00:00"}
            """,
            answer);
    }

    [Fact]
    public async Task Document_DescribesEveryMetric()
    {
        using var client = lab.CreateClient();
        var (_, document) = await client.GetJsonAsync("/openapi/v1.json");

        var answer = document["paths"]!["/api/v1/runs/{id}/metrics"]!["get"]!["responses"]!["200"]!;
        var list = answer["content"]!["application/json"]!["schema"]!;
        var schema = Resolve(document, Resolve(document, list)["items"]!);

        var all = MetricDefinitions.All.Select(definition => definition.Key);
        var always = MetricDefinitions.All.Where(definition => !definition.Optional).Select(definition => definition.Key);
        Assert.Equal(["step", "total_steps", "epoch", .. all, "at"], schema["properties"]!.AsObject().Select(field => field.Key));
        Assert.Equal([.. always, "at", "epoch", "step", "total_steps"], schema["required"]!.AsArray().Select(name => (string)name!).ToHashSet());
        Assert.Equal("integer", (string)schema["properties"]!["device_memory_bytes"]!["type"]!);
        Assert.Equal("In bytes.", (string)schema["properties"]!["device_memory_bytes"]!["description"]!);
    }

    private async Task<JsonNode> AnswerAsync(StepMetrics step)
    {
        var store = lab.Get<RunStore>();
        var run = await store.CreateAsync(Actors.Lab, new NewRun("run", "{}", "demo"), Cancel);
        await store.AppendAsync(Actors.Lab, run.Id, [step.Stored(run.Id)], [], Cancel);
        using var client = lab.ApiClient();
        var (_, answer) = await client.GetJsonAsync($"/api/v1/runs/{run.Id}/metrics");
        return Assert.Single(answer.AsArray())!;
    }

    private static void Expect(string json, JsonNode answer) =>
        Assert.Equal(Fields(JsonNode.Parse(json)!), Fields(answer));

    private static SortedDictionary<string, string?> Fields(JsonNode step) => new(
        step.AsObject().ToDictionary(field => field.Key, field => field.Value?.ToJsonString()), StringComparer.Ordinal);

    private static JsonNode Resolve(JsonNode document, JsonNode schema) =>
        schema["$ref"] is { } reference ? document["components"]!["schemas"]![((string)reference!).Split('/')[^1]]! : schema;
}
