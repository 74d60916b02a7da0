using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Run_Busy_LogsAtItsStepsAndEvaluates()
    {
        var result = _runs.Run(_runs.Job(TrainingRuns.Busy));

        Assert.Equal((TrainingOutcome.Finished, 12), (result.Outcome, result.Step));
        Assert.Equal([(3, true, false), (4, false, true), (6, true, false), (8, false, true), (9, true, false), (12, true, true)],
            _runs.Metrics.Select(m => (m.Step, m.Loss is not null, m.EvalLoss is not null)));
        Assert.Equal(result.FinalLoss, _runs.Metrics[^1].Loss);
        Assert.Equal(result.FinalEvalLoss, _runs.Metrics[^1].EvalLoss);
        Assert.True(_runs.Metrics[^1].Loss < _runs.Metrics[0].Loss);
        Assert.All(_runs.Metrics, m => Assert.True(m.TokensPerSecond > 0 && m.SecondsPerStep > 0 && m.MemoryBytes > 0));
        Assert.Equal(["started", "memory_probed", "snapshot_saved", "snapshot_saved", "finished"], _runs.Events.Select(e => e.Kind));
        Assert.True(File.Exists(Path.Combine(result.OutputPath, "adapter_model.safetensors")));
    }

    [Theory]
    [InlineData(TrainingMethod.Lora, null)]
    [InlineData(TrainingMethod.Lora, 1)]
    [InlineData(TrainingMethod.Lora, 99)]
    [InlineData(TrainingMethod.Full, null)]
    [InlineData(TrainingMethod.Full, 1)]
    [InlineData(TrainingMethod.Full, 1, 1)]
    public void Run_Checkpointing_IsBitEqual(TrainingMethod method, int? layers, int freezeLayers = 0)
    {
        var recipe = TrainingRuns.Busy with { Method = method, FreezeLayers = freezeLayers, MaxSteps = 3, LoggingSteps = 1, LearningRate = 1e-3, ValSize = 0 };
        _runs.Run(_runs.Job(recipe, "qwen3"));

        _runs.Run(_runs.Job(recipe with { GradientCheckpointing = true, GradientCheckpointingLayers = layers }, "qwen3"));

        Assert.Equal(_runs.Metrics.Take(3).Select(m => (m.Loss, m.GradNorm)), _runs.Metrics.Skip(3).Select(m => (m.Loss, m.GradNorm)));
    }

    [Fact]
    public void Run_Packed_HasTheLossOfTheSameRowsUnpacked()
    {
        var recipe = TrainingRuns.Busy with { Shuffle = false, ValSize = 0, LoggingSteps = 1, MaxSteps = 2, Lora = new LoraSettings { R = 4 } };
        var rows = TrainingRuns.Rows();
        _runs.Run(_runs.Job(recipe with { PerDeviceTrainBatchSize = 16, GradientAccumulationSteps = 1 }, "qwen2", rows));

        _runs.Run(_runs.Job(recipe with { Packing = true, MaxLength = 400, PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 1 }, "qwen2", rows));

        Assert.All(_runs.Metrics.Take(2).Zip(_runs.Metrics.Skip(2)), pair => Assert.Equal(pair.First.Loss!.Value, pair.Second.Loss!.Value, 1e-4));
    }

    [Fact]
    public void Run_Bfloat16_LearnsWithFloatMasters()
    {
        var recipe = TrainingRuns.Busy with { Method = TrainingMethod.Full, Dtype = TrainingDtype.Bfloat16, LearningRate = 1e-3, MaxSteps = 6, LoggingSteps = 1, ValSize = 0 };

        _runs.Run(_runs.Job(recipe, "llama_rope3_tied"));

        Assert.True(_runs.Metrics[^1].Loss < _runs.Metrics[0].Loss);
    }

    [Fact]
    public void Run_EpochsAndSplit_TakeTheStepsTotalStepsSays()
    {
        var recipe = TrainingRuns.Busy with { MaxSteps = null, NumTrainEpochs = 1.5, ValSize = 0.2, EvalSteps = null, LoggingSteps = 100 };

        var result = _runs.Run(_runs.Job(recipe));

        // 16 rows, 4 held out, 1.5 passes over 12, 4 a step.
        Assert.Equal((5, 5), (result.Step, RunLength.Of(recipe, TrainingRuns.Rows()).Steps));
        Assert.Equal([3, 5], _runs.Metrics.Select(m => m.Step));
        Assert.Equal(1.5, _runs.Metrics[^1].Epoch);
    }

    [Fact]
    public void Run_NonFiniteGradient_StopsAtThatStepAndKeepsTheSnapshot()
    {
        var recipe = TrainingRuns.Busy with { ValSize = 0, LearningRate = 1e18, MaxGradNorm = 0, WarmupSteps = 0, SaveSteps = 1, Shuffle = false };
        var job = _runs.Job(recipe);

        var e = Assert.Throws<TrainingDivergedException>(() => _runs.Run(job));

        Assert.True(e.Step > 1);
        Assert.Equal(4, e.Rows.Count);
        Assert.Equal("diverged", _runs.Events[^1].Kind);
        Assert.True(Directory.Exists(Path.Combine(job.OutputFolder, "snapshots", $"step-{e.Step - 1:D6}")));
    }

    [Fact]
    public void Run_TokenOutsideTheVocabulary_IsNamed()
    {
        var rows = new[] { new TokenExample([1, 2, 3], [-100, 2, 3], 41), new TokenExample([1, 700, 3], [-100, 700, 3], 42) };

        var e = Assert.Throws<BadInputException>(() => _runs.Run(_runs.Job(TrainingRuns.Busy with { ValSize = 0 }, rows: rows)));

        Assert.Contains("row 42: token id 700", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NothingLearned_IsRefused() =>
        Assert.Throws<BadInputException>(() => _runs.Run(_runs.Job(TrainingRuns.Busy, rows: [new TokenExample([1, 2], [-100, -100])])));

    [Fact]
    public void Run_TutorialTargets_AreMappedAndSaid()
    {
        var recipe = TrainingRuns.Busy with { MaxSteps = 1, Lora = new LoraSettings { R = 2, TargetModules = ["query_key_value"] } };

        _runs.Run(_runs.Job(recipe));

        Assert.Contains(_runs.Events, e => e.Kind == "adjusted" && e.Message.Contains("q_proj, k_proj, v_proj", StringComparison.Ordinal));
    }

    public static TheoryData<string, Action<string>> Changes => new()
    {
        { "weights replaced by rename", folder => Replace(Path.Combine(folder, "model.safetensors")) },
        { "configuration rewritten", folder => File.AppendAllText(Path.Combine(folder, "config.json"), "\n") },
        { "file added", folder => File.WriteAllText(Path.Combine(folder, "generation_config.json"), "{}") },
    };

    [Theory, MemberData(nameof(Changes))]
    public void Run_ModelFilesChangeMeanwhile_SaysSoOnceAndTrainsWhatItLoaded(string what, Action<string> change)
    {
        _ = what;
        var recipe = TrainingRuns.Busy with { MaxSteps = 4, ValSize = 0, SaveSteps = null };
        var untouched = _runs.Run(_runs.Job(recipe));
        var folder = CopyOf(TrainingRuns.Model("llama_base"));
        _runs.Events.Clear();

        var passes = 0; // the trial of the largest batch, then two in each step
        var result = _runs.Run(_runs.Job(recipe) with { ModelFolder = folder }, beforePass: (_, _) => { if (passes++ == 3) change(folder); });

        Assert.Equal(2, Assert.Single(_runs.Events, e => e.Kind == TrainingEventKinds.ModelChanged).Step);
        Assert.Equal(untouched.FinalLoss, result.FinalLoss);
    }

    [Fact]
    public void Run_ModelFilesStay_SaysNothing()
    {
        _runs.Run(_runs.Job(TrainingRuns.Busy with { MaxSteps = 2, ValSize = 0 }));

        Assert.DoesNotContain(_runs.Events, e => e.Kind == TrainingEventKinds.ModelChanged);
    }

    private string CopyOf(string model)
    {
        var folder = _runs.NewFolder();
        foreach (var file in Directory.EnumerateFiles(model)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }

    private static void Replace(string file)
    {
        File.Copy(file, file + ".new");
        File.SetLastWriteTimeUtc(file + ".new", File.GetLastWriteTimeUtc(file).AddSeconds(1));
        File.Move(file + ".new", file, overwrite: true);
    }
}
