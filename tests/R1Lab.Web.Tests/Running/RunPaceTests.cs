using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data;
using R1Lab.Data.Runs;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

/// <summary>How long a run takes is said from comparable runs only, as a range with its origin.</summary>
public sealed class RunPaceTests : IAsyncLifetime
{
    private const double Fast = 1800;
    private const double Slow = 100;
    private const int Tokens = 200;

    private static readonly TrainingRecipe Recipe = new() { Model = "demo", Dataset = "sums", PerDeviceTrainBatchSize = 4, Dtype = TrainingDtype.Float32 };

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services;

    public RunPaceTests() =>
        _services = new ServiceCollection().AddLogging().AddLabData(Path.Combine(_folder.Path, "r1lab.db")).AddSingleton<RunPace>().BuildServiceProvider();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Get<LabDatabase>().MigrateAsync(Cancel);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task MeasuredAsync_OneRunInFloat16_SaysNothingAboutFloat32()
    {
        await AddAsync(Recipe with { Dtype = TrainingDtype.Float16 }, Slow);

        Assert.Null(await MeasuredAsync(Recipe));

        await AddAsync(Recipe, Fast);
        await AddAsync(Recipe with { Dtype = TrainingDtype.Float16 }, Slow);

        Assert.Equal(new MeasuredPace(Fast, Fast, Fast, 1), await MeasuredAsync(Recipe));
        Assert.Equal(Slow, (await MeasuredAsync(Recipe with { Dtype = TrainingDtype.Float16 }))!.Typical);
    }

    [Fact]
    public async Task MeasuredAsync_TypeLeftOpen_IsTheTypeOfTheDevice()
    {
        await AddAsync(Recipe with { Dtype = TrainingDtype.Auto }, Fast);

        Assert.Equal(Fast, (await MeasuredAsync(Recipe))!.Typical); // on the CPU that is float32
    }

    public static TheoryData<string> OtherConditions => ["model", "method", "quantization", "checkpointing", "longer rows", "shorter rows", "another device", "not finished"];

    [Theory, MemberData(nameof(OtherConditions))]
    public async Task MeasuredAsync_RunUnderOtherConditions_IsNotCounted(string difference)
    {
        var recipe = Recipe with { Method = TrainingMethod.Qlora };
        await AddAsync(
            difference switch
            {
                "model" => recipe with { Model = "other" },
                "method" => recipe with { Method = TrainingMethod.Full },
                "quantization" => recipe with { Quantization = BaseQuantization.Int8 },
                _ => recipe,
            },
            Fast,
            tokens: difference switch { "longer rows" => Tokens * 3, "shorter rows" => Tokens / 3, _ => Tokens },
            card: difference == "another device",
            finished: difference != "not finished");
        if (difference == "checkpointing")
        {
            await AddAsync(Recipe with { GradientCheckpointing = true }, Fast);
            Assert.Null(await MeasuredAsync(Recipe));
            return;
        }

        Assert.Null(await MeasuredAsync(recipe));
    }

    [Fact]
    public async Task MeasuredAsync_SeveralRuns_GivesTheirRange()
    {
        foreach (var pace in (double[])[1000, 1400, 1200]) await AddAsync(Recipe, pace, spread: 100);

        var measured = await MeasuredAsync(Recipe);

        Assert.Equal((3, 1200.0), (measured!.Runs, measured.Typical));
        Assert.InRange(measured.Slowest, 900, 999);
        Assert.InRange(measured.Fastest, 1401, 1500);
    }

    [Fact]
    public void Of_NothingMeasured_IsAWideGuessThatSaysSo()
    {
        var estimate = RunEstimator.Of(Recipe, Facts, Memory, null);

        Assert.Equal((false, 0, "lora, float32"), (estimate.Measured, estimate.Runs, estimate.Conditions));
        Assert.Equal(9, estimate.Longest / estimate.Shortest, 1e-3);
        Assert.InRange(estimate.Time, estimate.Shortest, estimate.Longest);
        Assert.Equal(8, RunEstimator.Of(Recipe with { Dtype = TrainingDtype.Float16 }, Facts, Memory, null).Time / estimate.Time, 1e-3);
    }

    [Fact]
    public void Of_Measured_IsTokensOverEachPace()
    {
        var estimate = RunEstimator.Of(Recipe, Facts, Memory, new MeasuredPace(50, 100, 200, 3));

        // 10 steps of 4 rows of 200 tokens.
        Assert.Equal([40, 80, 160], new[] { estimate.Shortest, estimate.Time, estimate.Longest }.Select(time => time.TotalSeconds));
        Assert.Equal((true, 3), (estimate.Measured, estimate.Runs));
    }

    [Fact]
    public void Remaining_AfterResume_GoesOnAtTheRunsOwnPace()
    {
        var resumed = new RunProgress { Status = RunStatus.Running, Step = 500, TotalSteps = 1000 }.At(2);

        var after = resumed.After(new StepMetrics { Step = 501, SecondsPerStep = 60 }); // loads and compiles

        Assert.Equal(TimeSpan.FromSeconds(1000), resumed.Remaining);
        Assert.InRange(after.Remaining!.Value.TotalSeconds, 900, 1300);
    }

    [Fact]
    public void Remaining_SlowFirstStep_IsForgottenWithTheSecond()
    {
        var started = new RunProgress { Status = RunStatus.Running, TotalSteps = 101 };

        var after = started.After(new StepMetrics { Step = 1, SecondsPerStep = 40 }).After(new StepMetrics { Step = 2, SecondsPerStep = 2 });

        Assert.Equal(198, after.Remaining!.Value.TotalSeconds);
    }

    [Fact]
    public async Task OwnAsync_OfAStoppedRun_IsItsMedian()
    {
        var run = await AddAsync(Recipe, Fast, finished: false);

        var pace = await Get<RunPace>().OwnAsync(run, Cancel);

        Assert.Equal(Tokens * 4 / Fast, pace!.Value, 1e-9);
    }

    private static RunFacts Facts { get; } = new()
    {
        Rows = 45,
        TrainRows = 40,
        EvaluationRows = 0,
        OverLongRows = 0,
        SplitRowIds = [],
        Omitted = [],
        DatasetId = 1,
        TextRows = 40,
        Lengths = R1Lab.Engine.Datasets.LengthHistogram.Of([200]),
        OtherRowsLeftOut = 0,
        ThinkingRows = 0,
        Tokens = 40 * Tokens,
        TrainedTokens = 10,
        LongestRow = 300,
        MaxLength = 512,
        TotalSteps = 10,
        Epochs = 1,
        LinesPerEpoch = 40,
        LinesPerStep = 4,
    };

    private static RunMemory Memory { get; } = new(
        new DecoderConfig { Family = DecoderFamily.Llama, VocabSize = 500, HiddenSize = 64, IntermediateSize = 128, LayerCount = 2, HeadCount = 4, KeyValueHeadCount = 2, HeadDim = 16, MaxPositions = 512 },
        new MemoryFacts { LongestRow = 300 },
        new DeviceCapacity("cpu", false, 1L << 34, 1L << 34));

    private T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    private Task<MeasuredPace?> MeasuredAsync(TrainingRecipe recipe) => Get<RunPace>().MeasuredAsync(recipe, isCuda: false, Tokens, Cancel);

    private async Task<Run> AddAsync(TrainingRecipe recipe, double tokensPerSecond, double spread = 0, int tokens = Tokens, bool card = false, bool finished = true)
    {
        var store = Get<RunStore>();
        var run = await store.CreateAsync(Actors.Lab, new NewRun("earlier", recipe.ToJson(), recipe.Model) { TotalSteps = 11 }, Cancel);
        await store.SetStatusAsync(Actors.Lab, run.Id, RunStatus.Running, cancellationToken: Cancel);
        var metrics = Enumerable.Range(1, 11).Select(step =>
        {
            var pace = tokensPerSecond + (spread * (step - 6) / 5);
            return new StepMetrics
            {
                Step = step,
                TotalSteps = 11,
                Loss = 1,
                TokensPerSecond = pace,
                SecondsPerStep = tokens * recipe.EffectiveBatchSize / pace,
                DeviceMemoryBytes = card ? 1 : null,
                At = DateTimeOffset.UnixEpoch,
            };
        });
        await store.AppendAsync(Actors.Lab, run.Id, [.. metrics.Select(metric => metric.Stored(run.Id))], [], Cancel);
        if (finished) await store.SetStatusAsync(Actors.Lab, run.Id, RunStatus.Finished, cancellationToken: Cancel);
        return run;
    }
}
