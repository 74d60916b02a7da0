using System.Collections.Concurrent;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Promises D8, D10, D11 and D13.</summary>
public sealed class TrainerResumeTests : IDisposable
{
    // One straight run serves every step it is compared at.
    private static readonly ConcurrentDictionary<string, (List<object?> Told, byte[] Weights)> Straight = new();

    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    public static TheoryData<int> EveryStep() => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(EveryStep))]
    public void D11_StoppedAtAnyStepAndResumed_IsTheStraightRun(int stopAfter) => StoppedIsStraight(TrainingRuns.Busy, "llama_base", stopAfter);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void D11_PackedBfloat16FullRun_IsTheStraightRun(int stopAfter) => StoppedIsStraight(
        TrainingRuns.Busy with { Method = TrainingMethod.Full, Dtype = TrainingDtype.Bfloat16, Packing = true, MaxLength = 40, MaxSteps = 6, LearningRate = 1e-3 }, "llama_rope3_tied", stopAfter);

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void D11_DoraWithEpochsAndGroups_IsTheStraightRun(int stopAfter) => StoppedIsStraight(
        TrainingRuns.Busy with { Method = TrainingMethod.Dora, MaxSteps = null, NumTrainEpochs = 2, GroupByLength = true, GradientCheckpointing = true }, "qwen3", stopAfter);

    [Theory]
    [MemberData(nameof(EveryStep))]
    public void D11_PackedEarlyStoppingAndBest_IsTheStraightRun(int stopAfter) => StoppedIsStraight(
        TrainerEvaluationTests.Overfitting with { Packing = true, MaxLength = 40, EarlyStoppingPatience = 6, SaveSteps = 100 }, "llama_base", stopAfter);

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public void D11_8BitMomentsFrozenLayerAndNoise_IsTheStraightRun(int stopAfter) => StoppedIsStraight(
        TrainingRuns.Busy with { Method = TrainingMethod.Full, Optim = OptimizerType.Adamw8Bit, FreezeLayers = 1, NeftuneNoiseAlpha = 5, LearningRate = 1e-3, MaxSteps = 8 }, "qwen3", stopAfter);

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void D11_QloraPlus_IsTheStraightRun(int stopAfter) => StoppedIsStraight(
        TrainingRuns.Busy with { Method = TrainingMethod.Qlora, Lora = TrainingRuns.Busy.Lora with { LoraplusLrRatio = 4 } }, "qwen2", stopAfter);

    [Fact]
    public void D8_DamagedNewestSnapshot_IsPassedOver()
    {
        var job = _runs.Job(TrainingRuns.Busy);
        _runs.Run(job, stopAfter: 7);
        var newest = Path.Combine(job.OutputFolder, "snapshots", "step-000007", "tensors.safetensors");
        var bytes = File.ReadAllBytes(newest);
        bytes[^5] ^= 1;
        File.WriteAllBytes(newest, bytes);
        Directory.CreateDirectory(Path.Combine(job.OutputFolder, "snapshots", "step-000009"));
        var halfWritten = Directory.CreateDirectory(Path.Combine(job.OutputFolder, "snapshots", "step-000008.0123.r1lab-tmp"));
        _runs.Events.Clear();

        var result = _runs.Run(job);

        Assert.Equal((TrainingOutcome.Finished, false), (result.Outcome, Directory.Exists(halfWritten.FullName)));
        Assert.Equal(["started", "snapshot_skipped", "snapshot_skipped", "resumed"], _runs.Events.Take(4).Select(e => e.Kind));
        Assert.Equal(5, _runs.Events[3].Step);
    }

    [Fact]
    public void D14_WhatWasToldBeforeASnapshot_IsKeptBeforeTheSnapshotIsThere()
    {
        var job = _runs.Job(TrainingRuns.Busy with { SaveSteps = 2, LoggingSteps = 1, SaveTotalLimit = null });
        var (told, kept) = (0, new List<(int Told, string? Newest)>());
        var observer = new TrainingObserver
        {
            OnMetrics = metrics => told = metrics.Step,
            BeforeSnapshot = () => kept.Add((told, Directory.GetDirectories(job.OutputFolder, "step-*", SearchOption.AllDirectories).Select(Path.GetFileName).Max())),
        };

        new Trainer(job, observer).Run(CancellationToken.None);

        Assert.Equal([(2, null), (4, "step-000002"), (6, "step-000004"), (8, "step-000006"), (10, "step-000008")], kept);
    }

    [Fact]
    public void D14_WhatWasToldCannotBeKept_NoSnapshotIsWritten()
    {
        var job = _runs.Job(TrainingRuns.Busy with { SaveSteps = 2 });
        var saves = 0;
        var observer = new TrainingObserver { BeforeSnapshot = () => { if (++saves == 2) throw new NotEnoughSpaceException("full"); } };

        Assert.Throws<NotEnoughSpaceException>(() => new Trainer(job, observer).Run(CancellationToken.None));

        Assert.Equal(["step-000002"], Directory.GetDirectories(Path.Combine(job.OutputFolder, "snapshots")).Select(Path.GetFileName));
    }

    [Fact]
    public void D10_SaveTotalLimit_KeepsTheNewest()
    {
        var job = _runs.Job(TrainingRuns.Busy with { SaveSteps = 2, SaveTotalLimit = 2 });

        _runs.Run(job);

        Assert.Equal(["step-000008", "step-000010"], Directory.GetDirectories(Path.Combine(job.OutputFolder, "snapshots")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void D10_DamagedSnapshotsBehindTheNewOne_DoNotPushItOut()
    {
        var job = _runs.Job(TrainingRuns.Busy with { SaveSteps = 4, SaveTotalLimit = 1 });
        _runs.Run(job, stopAfter: 3);
        var snapshots = Path.Combine(job.OutputFolder, "snapshots");
        Directory.CreateDirectory(Path.Combine(snapshots, "step-000011"));

        _runs.Run(job, stopAfter: 5);

        Assert.Equal(["step-000005"], Directory.GetDirectories(snapshots).Select(Path.GetFileName));
    }

    [Fact]
    public void D13_ChangedRecipe_IsRefusedWithTheDifference()
    {
        var job = _runs.Job(TrainingRuns.Busy);
        _runs.Run(job, stopAfter: 3);

        var e = Assert.Throws<ResumeRefusedException>(() => _runs.Run(job with { Recipe = TrainingRuns.Busy with { Name = "renamed", LearningRate = 1e-3, Lora = TrainingRuns.Busy.Lora with { R = 8 } } }));

        Assert.Contains("learning_rate was 0.005 and is 0.001; lora.r was 4 and is 8.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void D13_ChangedRows_AreRefused()
    {
        var job = _runs.Job(TrainingRuns.Busy);
        _runs.Run(job, stopAfter: 3);
        var rows = TrainingRuns.Rows().ToList();
        var held = EvaluationSplit.Split(rows, 3, TrainingRuns.Busy.Seed).Evaluation.Select(row => row.RowId).ToHashSet();
        var (changed, removed) = (rows.FindIndex(row => !held.Contains(row.RowId)), rows.FindLastIndex(row => !held.Contains(row.RowId)));
        rows[changed] = rows[changed] with { InputIds = [.. rows[changed].InputIds.Select(id => id + 1)] };
        rows[removed] = rows[removed] with { RowId = 77 };

        var e = Assert.Throws<ResumeRefusedException>(() => _runs.Run(job with { Train = rows }));

        Assert.Contains($"the training rows changed: 1 added (77), 1 removed ({removed}), 1 changed ({changed}).", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Stopped_SaysWhereAndHandsOutTheSnapshot()
    {
        var job = _runs.Job(TrainingRuns.Busy);

        var result = _runs.Run(job, stopAfter: 7);

        Assert.Equal((TrainingOutcome.Stopped, 7, Path.Combine(job.OutputFolder, "snapshots", "step-000007")), (result.Outcome, result.Step, result.OutputPath));
        Assert.Equal("stopped", _runs.Events[^1].Kind);
    }

    private void StoppedIsStraight(TrainingRecipe recipe, string model, int stopAfter)
    {
        var straight = Straight.GetOrAdd($"{model} {recipe.ToJson()}", _ =>
        {
            var result = _runs.Run(_runs.Job(recipe, model));
            return (_runs.Told(), TrainingRuns.WeightsOf(result));
        });
        _runs.Metrics.Clear();
        _runs.Passes.Clear();
        var job = _runs.Job(recipe, model);

        Assert.Equal((TrainingOutcome.Stopped, stopAfter), (_runs.Run(job, stopAfter).Outcome, stopAfter));
        var resumed = _runs.Run(job);

        Assert.Equal(straight.Told, _runs.Told());
        Assert.Equal(straight.Weights, TrainingRuns.WeightsOf(resumed));
    }
}
