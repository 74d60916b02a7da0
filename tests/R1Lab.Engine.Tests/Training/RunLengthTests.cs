using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

/// <summary>The plan's figures are those of the run that follows it.</summary>
public sealed class RunLengthTests : IDisposable
{
    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    public static TheoryData<EpochEnd, bool, bool, bool, double?, int?> Kinds
    {
        get
        {
            var kinds = new TheoryData<EpochEnd, bool, bool, bool, double?, int?>();
            foreach (var end in Enum.GetValues<EpochEnd>())
            {
                foreach (var (packing, grouped, shuffle) in ((bool, bool, bool)[])[(false, false, true), (true, false, true), (true, false, false), (true, true, false), (false, true, true)])
                {
                    foreach (var (epochs, steps) in ((double?, int?)[])[(2.4, null), (null, 7)]) kinds.Add(end, packing, grouped, shuffle, epochs, steps);
                }
            }

            return kinds;
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Of_AnyKindOfRun_IsWhatTheRunDoes(EpochEnd end, bool packing, bool grouped, bool shuffle, double? epochs, int? steps)
    {
        var recipe = TrainingRuns.Busy with
        {
            EpochEnd = end, Packing = packing, MaxLength = 64, GroupByLength = grouped, Shuffle = shuffle, NumTrainEpochs = epochs ?? 1, MaxSteps = steps, ValSize = 3, EvalSteps = null, EvalsPerEpoch = 1.5, LoggingSteps = 1,
            PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 2, SaveSteps = 1000,
        };

        var length = RunLength.Of(recipe, TrainingRuns.Rows());
        var result = _runs.Run(_runs.Job(recipe));

        Assert.Equal(
            (result.Step, _runs.Metrics.Count(metric => metric.EvalLoss is not null), _runs.Metrics[^1].Epoch, result.Step),
            (length.Steps, length.Evaluations, length.Epochs, _runs.Metrics[^1].TotalSteps));
        Assert.Equal((TrainingRuns.Rows().Length - 3, 3), (length.TrainRows, length.EvaluationRows));
    }

    [Fact]
    public void Problems_OfAPackedRun_AreThoseOfItsSteps()
    {
        var recipe = new TrainingRecipe
        {
            Model = "m", Dataset = "d", Packing = true, MaxLength = 512, NumTrainEpochs = 2, PerDeviceTrainBatchSize = 2, WarmupSteps = 8, SaveSteps = 10, EvalSteps = 10, ValSize = 0.2, EarlyStoppingPatience = 2,
            LrSchedulerType = SchedulerType.Cosine, LearningRate = 1e-4,
        };
        var rows = Enumerable.Repeat(new TokenExample([.. Enumerable.Range(0, 36)], [.. Enumerable.Range(0, 36)]), 60).ToList();

        var length = RunLength.Of(recipe, rows);

        // 48 rows of 36 tokens are 4 packs of 14 or fewer: 8 in two epochs, 2 per step.
        Assert.Equal((4, 4), (length.Steps, length.LinesPerEpoch));
        Assert.Equal(["warmup_longer_than_run", "save_never_fires", "eval_never_fires", "patience_never_fires"], recipe.Problems(length).Select(problem => problem.Code));
    }
}
