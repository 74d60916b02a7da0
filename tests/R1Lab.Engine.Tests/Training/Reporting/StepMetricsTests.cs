using System.Text.Json;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Tests.Training.Reporting;

public sealed class StepMetricsTests
{
    // A curve's entry as the version before metrics were definitions wrote it.
    private const string Earlier =
        """
        {"step":7,"total_steps":12,"epoch":0.5,"loss":0.30000000000000004,"grad_norm":"Infinity","learning_rate":1E-05,
        "eval_loss":null,"eval_seconds":null,"eval_token_accuracy":null,"loss_scale":65536,"skipped_steps":2,"micro_batch_size":4,
        "tokens_per_second":1234.5,"memory_bytes":4503599627370496,"device_memory_bytes":null,"device_allocated_bytes":null,
        "seconds_per_step":0.25,"at":"2026-01-02T03:04:05+00:00"}
        """;

    private static readonly StepMetrics Same = new()
    {
        Step = 7,
        TotalSteps = 12,
        Epoch = 0.5,
        At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Loss = 0.1 + 0.2,
        GradNorm = double.PositiveInfinity,
        LearningRate = 1e-5,
        LossScale = 65536,
        SkippedSteps = 2,
        MicroBatchSize = 4,
        TokensPerSecond = 1234.5,
        MemoryBytes = 1L << 52,
        SecondsPerStep = 0.25,
    };

    [Fact]
    public void Read_EntryOfAnEarlierReceipt_GivesItsNumbers() => Assert.Equal(Same, Read(Earlier));

    [Fact]
    public void Write_Step_HasTheFieldsOfAnEarlierReceiptAndNullsWhereNothingWasMeasured()
    {
        using var earlier = JsonDocument.Parse(Earlier);
        using var now = JsonDocument.Parse(Write(Same));

        var fields = now.RootElement.EnumerateObject().ToDictionary(field => field.Name, field => field.Value.GetRawText());

        Assert.All(earlier.RootElement.EnumerateObject(), field => Assert.Equal(field.Value.GetRawText(), fields[field.Name]));
        var added = fields.Where(field => !earlier.RootElement.TryGetProperty(field.Key, out _)).ToDictionary();
        Assert.Equal(["device_temperature", "device_utilization"], added.Keys.Order());
        Assert.All(added.Values, value => Assert.Equal("null", value));
    }

    [Fact]
    public void Read_NumberOfAnUnknownName_IsKept()
    {
        var step = Read("""{"step":1,"total_steps":2,"epoch":1,"rewards_margin":0.5,"note":"a","parts":{"b":[1]},"at":"2026-01-02T03:04:05Z"}""");

        Assert.Equal([new Metric("rewards_margin", 0.5)], step.Values);
        Assert.Equal(step, Read(Write(step)));
    }

    [Theory]
    [InlineData("""{"loss":"low"}""")]
    [InlineData("""{"loss":{}}""")]
    [InlineData("""{"step":1.5}""")]
    [InlineData("""{"epoch":null}""")]
    [InlineData("[]")]
    public void Read_WrongType_IsRefused(string json) => Assert.Throws<JsonException>(() => Read(json));

    [Fact]
    public void Properties_NumberThatIsMissing_AreNullOrRefuseButNeverZero()
    {
        var step = new StepMetrics { Step = 3, Loss = 0 };

        Assert.Equal((0, null, null), (step.Loss, step.EvalLoss, step.DeviceMemoryBytes));
        Assert.Throws<InvalidOperationException>(() => step.LearningRate);
        Assert.Throws<InvalidOperationException>(() => (double)step.SkippedSteps);
        Assert.Equal("step 3 of 0, epoch 0: loss = 0", step.ToString());
    }

    private static StepMetrics Read(string json) => JsonSerializer.Deserialize<StepMetrics>(json, RunReceipt.Json)!;

    private static string Write(StepMetrics step) => JsonSerializer.Serialize(step, RunReceipt.Json);
}
