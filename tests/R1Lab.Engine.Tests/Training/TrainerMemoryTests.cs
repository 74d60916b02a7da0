using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

/// <summary>What a run does when its device is full. The error is injected; its text is that of libtorch.</summary>
public sealed class TrainerMemoryTests : IDisposable
{
    // No dropout: its masks are drawn for the parts that pass together.
    private static readonly TrainingRecipe Still = TrainingRuns.Busy with { PerDeviceTrainBatchSize = 4, GradientAccumulationSteps = 2, LoggingSteps = 1, Lora = new LoraSettings { R = 4, LoraAlpha = 8 } };

    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData(TrainingMethod.Lora, LossNormalization.TokenSum, false)]
    [InlineData(TrainingMethod.Lora, LossNormalization.MicroMean, false)]
    [InlineData(TrainingMethod.Lora, LossNormalization.TokenSum, true)]
    [InlineData(TrainingMethod.Full, LossNormalization.MicroMean, false)]
    public void Run_OutOfMemoryInAStep_TakesTheSameStepInParts(TrainingMethod method, LossNormalization normalization, bool packing)
    {
        var recipe = Still with { Method = method, LossNormalization = normalization, Packing = packing, MaxLength = 60, LearningRate = 1e-3 };
        var expected = Run(recipe);

        var actual = Run(recipe, FullAt(pass: 6, lines: 2));

        Assert.All(expected.Zip(actual), pair => Assert.Equal((pair.First.Loss!.Value, pair.First.GradNorm!.Value), (pair.Second.Loss!.Value, pair.Second.GradNorm!.Value), Near));
        Assert.Equal([4, 4, 2, 2], actual.Take(4).Select(m => m.MicroBatchSize));
        var halved = Assert.Single(_runs.Events, e => e.Kind == "micro_batch_halved");
        Assert.Equal((3, 2, 4), (halved.Step, (int)halved.Arguments[1], (int)halved.Arguments[2]));
    }

    [Fact]
    public void Run_OutOfMemoryWithOneLine_TurnsCheckpointingOn()
    {
        var expected = Run(Still);
        var tries = 0;

        var actual = Run(Still, (batch, trains) => { if (trains && ++tries is >= 6 and <= 8) throw TrainingRuns.OutOfMemory(); });

        Assert.All(expected.Zip(actual), pair => Assert.Equal((pair.First.Loss!.Value, pair.First.GradNorm!.Value), (pair.Second.Loss!.Value, pair.Second.GradNorm!.Value), Near));
        Assert.Equal(["micro_batch_halved", "micro_batch_halved", "checkpointing_on"], _runs.Events.Where(e => e.Kind is "micro_batch_halved" or "checkpointing_on").Select(e => e.Kind));
    }

    [Fact]
    public void Run_OperatorThatKeepsNoOrder_GoesOnWithoutAndSaysSo()
    {
        var expected = Run(Still);
        var tries = 0;

        var actual = Run(Still, (batch, trains) =>
        {
            if (trains && ++tries == 1) throw new System.Runtime.InteropServices.ExternalException("cumsum_cuda_kernel does not have a deterministic implementation, but you set ...\nmore");
        });

        Assert.Equal(expected.Select(m => (m.Loss, m.GradNorm)), actual.Select(m => (m.Loss, m.GradNorm)));
        var told = Assert.Single(_runs.Events, e => e.Kind == "order_not_kept");
        Assert.Equal((0, "cumsum_cuda_kernel does not have a deterministic implementation, but you set ..."), (told.Step, told.Arguments[0]));
    }

    [Fact]
    public void Run_NeverEnoughMemory_FailsInWordsAtTheProbe()
    {
        var job = _runs.Job(Still);

        var e = Assert.Throws<TrainingMemoryException>(() => _runs.Run(job, beforePass: (_, trains) => { if (trains) throw TrainingRuns.OutOfMemory(); }));

        Assert.Contains("with one line at a time and activation checkpointing", e.Message, StringComparison.Ordinal);
        Assert.Equal(["started", "micro_batch_halved", "micro_batch_halved", "checkpointing_on"], _runs.Events.Select(told => told.Kind));
        Assert.Empty(_runs.Metrics);
    }

    [Fact]
    public void Run_Fresh_ProbesTheLargestBatchOfTheRunFirst()
    {
        var seen = new List<long>();

        _runs.Run(_runs.Job(Still with { GroupByLength = true, MaxSteps = 6 }), beforePass: (batch, trains) => { if (trains) seen.Add(batch.InputIds.Length); });

        var probed = Assert.Single(_runs.Events, e => e.Kind == "memory_probed");
        Assert.Equal(seen.Skip(1).Max(), seen[0]);
        Assert.Equal((seen[0], true), ((long)probed.Arguments[1], (long)probed.Arguments[0] > 0));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void D11_ReplannedMicroBatch_IsRememberedAndTheStraightRun(int stopAfter)
    {
        var recipe = TrainingRuns.Busy with { ValSize = 5, PerDeviceEvalBatchSize = 4 };
        void Full(MicroBatch batch, bool trains)
        {
            if (!_runs.Metrics.Exists(m => m.Step >= 3) && !trains && batch.Lines > 2) throw TrainingRuns.OutOfMemory();
        }

        var straight = _runs.Run(_runs.Job(recipe), beforePass: FullAt(pass: 5, lines: 1) + Full);
        var told = _runs.Told();
        _runs.Metrics.Clear();
        _runs.Passes.Clear();
        var job = _runs.Job(recipe);
        var first = FullAt(pass: 5, lines: 1) + Full;
        _runs.Run(job, stopAfter, first);

        var resumed = _runs.Run(job, beforePass: stopAfter < 3 ? null : Full);

        Assert.Equal(told, _runs.Told());
        Assert.Equal(TrainingRuns.WeightsOf(straight), TrainingRuns.WeightsOf(resumed));
    }

    [Fact]
    public void Plan_Smaller_HalvesThenCheckpointsThenEnds()
    {
        var plans = new List<MicroBatchPlan>();
        for (MicroBatchPlan? plan = new(5, false); plan is not null; plan = plan.Smaller()) plans.Add(plan);

        Assert.Equal([new(5, false), new(3, false), new(2, false), new(1, false), new(1, true)], plans);
        Assert.Equal(new MicroBatchPlan(1, true), new MicroBatchPlan(1, true, 8).Smaller());
    }

    // Full from one training pass on, for batches of more lines; the memory probe is the first pass.
    private static Action<MicroBatch, bool> FullAt(int pass, int lines)
    {
        var count = 0;
        return (batch, trains) =>
        {
            if (trains && ++count >= pass && batch.Lines > lines) throw TrainingRuns.OutOfMemory();
        };
    }

    private List<StepMetrics> Run(TrainingRecipe recipe, Action<MicroBatch, bool>? beforePass = null)
    {
        _runs.Metrics.Clear();
        _runs.Events.Clear();
        _runs.Run(_runs.Job(recipe), beforePass: beforePass);
        return [.. _runs.Metrics.Where(m => m.Loss is not null)];
    }

    private static bool Near((double Loss, double GradNorm) a, (double Loss, double GradNorm) b) =>
        Math.Abs(a.Loss - b.Loss) < 2e-5 && Math.Abs(a.GradNorm / b.GradNorm - 1) < 1e-3;
}
