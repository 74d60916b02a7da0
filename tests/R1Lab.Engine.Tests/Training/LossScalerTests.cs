using System.Security.Cryptography;
using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

public sealed class LossScalerTests : IDisposable
{
    private static readonly TrainingRecipe Half = TrainingRuns.Busy with { Dtype = TrainingDtype.Float16, LoggingSteps = 1, EvalSteps = 6, Lora = TrainingRuns.Busy.Lora with { LoraDropout = 0.1 } };

    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    // torch.amp.GradScaler: 65536 at first, doubled after 2000 good steps, halved by a bad one.
    [Fact]
    public void Taken_TwoThousandTimes_DoublesTheScale()
    {
        var scaler = new LossScaler();
        for (var i = 0; i < 1999; i++) scaler.Taken();
        var before = scaler.State;

        scaler.Taken();

        Assert.Equal(new LossScaling(65536, 1999, 0), before);
        Assert.Equal(new LossScaling(131072, 0, 0), scaler.State);
    }

    [Fact]
    public void Skipped_UntilOne_IsExhausted()
    {
        var scaler = new LossScaler();
        scaler.Taken();
        for (var i = 0; i < 15; i++) scaler.Skipped();
        Assert.False(scaler.IsExhausted);

        scaler.Skipped();

        Assert.Equal((new LossScaling(1, 0, 16), true), (scaler.State, scaler.IsExhausted));
    }

    [Theory]
    [InlineData(TrainingMethod.Lora, "llama_base", 5e-3)]
    [InlineData(TrainingMethod.Qlora, "qwen2", 5e-3)]
    [InlineData(TrainingMethod.Full, "llama_rope3_tied", 1e-3)]
    public void Run_Float16_LearnsAsInFloat32(TrainingMethod method, string model, double rate)
    {
        var recipe = Half with { Method = method, LearningRate = rate, ValSize = 0 };
        _runs.Run(_runs.Job(recipe with { Dtype = TrainingDtype.Float32 }, model));
        var exact = _runs.Metrics.ToArray();
        _runs.Metrics.Clear();

        _runs.Run(_runs.Job(recipe, model));

        var skipped = _runs.Metrics[^1].SkippedSteps;
        Assert.All(_runs.Metrics, m => Assert.True(m.LossScale >= 65536 / Math.Pow(2, skipped)));
        Assert.All(exact, m => Assert.Null(m.LossScale));
        // The first step before anything could be skipped, and the end.
        Assert.Equal(exact[0].Loss!.Value, _runs.Metrics[0].Loss!.Value, 0.01 * exact[0].Loss!.Value);
        Assert.Equal(exact[^1].Loss!.Value, _runs.Metrics[^1].Loss!.Value, (0.02 + 0.05 * skipped) * exact[0].Loss!.Value);
        Assert.True(_runs.Metrics[^1].Loss < exact[0].Loss);
    }

    [Fact]
    public void Run_ScaleTooHigh_SkipsIsSaidAndTheScheduleWaits()
    {
        var job = _runs.Job(Half with { ValSize = 0 });
        _runs.Run(job, stopAfter: 4);
        var skippedBefore = _runs.Metrics[^1].SkippedSteps;
        Edit(job, scaler => scaler["scale"] = Math.Pow(2, 18));
        _runs.Metrics.Clear();

        var result = _runs.Run(job);

        var skipped = _runs.Metrics.Where(m => m.GradNorm is null).ToArray();
        Assert.Equal((TrainingOutcome.Finished, 12), (result.Outcome, result.Step));
        Assert.InRange(skipped.Length, 1, 6);
        Assert.Equal(skippedBefore + skipped.Length, _runs.Metrics[^1].SkippedSteps);
        Assert.All(skipped, m => Assert.NotNull(m.Loss));
        // The schedule counts the steps that were taken.
        var schedule = new LearningRateSchedule(Half, 12);
        Assert.All(_runs.Metrics, m => Assert.Equal(schedule.At(m.Step - m.SkippedSteps + (m.GradNorm is null ? 1 : 0)), m.LearningRate));
        Assert.Equal(skipped.Select(m => m.Step), _runs.Events.Where(e => e.Kind == "step_skipped" && e.Step > 4).Select(e => e.Step));
        Assert.Equal(Math.Pow(2, 18 - skipped.Length), _runs.Metrics[^1].LossScale);
    }

    [Theory]
    [InlineData(TrainingMethod.Lora, 3)]
    [InlineData(TrainingMethod.Full, 5)]
    public void D11_Float16WithSkippedSteps_IsTheStraightRun(TrainingMethod method, int stopAfter)
    {
        var job = _runs.Job(Half with { Method = method, LearningRate = 1e-3, ValSize = 0 }, "llama_rope3_tied");
        _runs.Run(job, stopAfter: 2);
        Edit(job, scaler => scaler["scale"] = Math.Pow(2, 18));
        var twin = job with { OutputFolder = Copy(job.OutputFolder) };
        _runs.Metrics.Clear();
        var straight = Outcome(_runs.Run(job));
        Assert.InRange(_runs.Metrics[^1].SkippedSteps, 1, 8);
        _runs.Metrics.Clear();

        _runs.Run(twin, stopAfter);

        Assert.Equal(straight, Outcome(_runs.Run(twin)));
    }

    [Theory]
    [InlineData("scale")]
    [InlineData("good_steps")]
    [InlineData("skipped_steps")]
    public void D12_ScalerPartLeftOut_ChangesTheRun(string part)
    {
        var job = _runs.Job(Half with { ValSize = 0 });
        _runs.Run(job, stopAfter: 4);
        // Two steps before the scale grows, after one that was skipped long ago.
        Edit(job, scaler => (scaler["scale"], scaler["good_steps"], scaler["skipped_steps"]) = (256, 1998, 1));
        var twin = job with { OutputFolder = Copy(job.OutputFolder) };
        Edit(twin, scaler => scaler.Remove(part));
        _runs.Metrics.Clear();
        var straight = Outcome(_runs.Run(job));
        _runs.Metrics.Clear();

        Assert.NotEqual(straight, Outcome(_runs.Run(twin)));
    }

    private string Outcome(TrainingResult result) => string.Join(
        '\n', _runs.Metrics.Select(m => $"{m.Step} {m.Loss:R} {m.GradNorm:R} {m.LearningRate:R} {m.LossScale} {m.SkippedSteps}").Append(Convert.ToHexString(SHA256.HashData(TrainingRuns.WeightsOf(result)))));

    private string Copy(string folder)
    {
        var copy = _runs.NewFolder();
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    // Changes the newest snapshot's scaler and makes the manifest fit.
    private static void Edit(TrainingJob job, Action<JsonObject> change)
    {
        var folder = Directory.GetDirectories(Path.Combine(job.OutputFolder, "snapshots")).Max()!;
        var (statePath, manifestPath) = (Path.Combine(folder, "state.json"), Path.Combine(folder, "manifest.json"));
        var state = JsonNode.Parse(File.ReadAllText(statePath))!;
        change(state["scaler"]!.AsObject());
        File.WriteAllText(statePath, state.ToJsonString());
        var manifest = JsonNode.Parse(File.ReadAllText(manifestPath))!;
        var bytes = File.ReadAllBytes(statePath);
        manifest["state.json"] = new JsonObject { ["size"] = bytes.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
        File.WriteAllText(manifestPath, manifest.ToJsonString());
    }
}
