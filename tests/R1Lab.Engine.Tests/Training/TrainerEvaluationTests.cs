using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;

namespace R1Lab.Engine.Tests.Training;

public sealed class TrainerEvaluationTests : IDisposable
{
    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    /// <summary>Sixteen rows learned far too fast: the held-out ones get worse after some steps.</summary>
    public static TrainingRecipe Overfitting { get; } = TrainingRuns.Busy with
    {
        LearningRate = 0.05,
        LrSchedulerType = SchedulerType.Constant,
        WarmupSteps = 0,
        MaxSteps = 40,
        ValSize = 4,
        EvalSteps = 2,
        EarlyStoppingPatience = 3,
        LoadBestModelAtEnd = true,
        SaveSteps = 3,
        SaveTotalLimit = 1,
    };

    [Fact]
    public void Run_NothingBetterForThePatience_EndsFinishedWithTheBestParameters()
    {
        var job = _runs.Job(Overfitting);

        var result = _runs.Run(job);

        var evaluations = _runs.Metrics.Where(m => m.EvalLoss is not null).ToList();
        var best = evaluations.MinBy(m => m.EvalLoss)!;
        Assert.True(result.Step < 40);
        Assert.Equal((TrainingOutcome.Finished, best.Step, best.Step + 6), (result.Outcome, result.ResultStep, result.Step));
        Assert.Equal(["early_stopped", "best_restored", "finished"], _runs.Events.TakeLast(3).Select(e => e.Kind));
        Assert.Equal([best.Step, "eval_loss", best.EvalLoss!.Value], _runs.Events[^2].Arguments);
        Assert.Equal(best.EvalLoss!.Value, EvalLossOf(result, job), 1e-6);
    }

    [Fact]
    public void Run_BestKept_SurvivesTheSweepBesideTheNewest()
    {
        var job = _runs.Job(Overfitting);

        var result = _runs.Run(job);

        // Saved every third step, the last one included, and one kept: the newest of those, and the best. When the run stops depends on the CPU.
        var kept = Directory.GetDirectories(Path.Combine(job.OutputFolder, "snapshots")).Select(Path.GetFileName).Order();
        Assert.Equal([$"step-{result.ResultStep:D6}", $"step-{result.Step / 3 * 3:D6}"], kept);
    }

    [Fact]
    public void Run_BestSnapshotDamaged_TakesTheLastStepAndSaysSo()
    {
        var job = _runs.Job(Overfitting with { EarlyStoppingPatience = null, MaxSteps = 14, SaveSteps = 100 });
        void Damage(MicroBatch batch, bool trains)
        {
            if (_runs.Metrics.Count == 0 || _runs.Metrics[^1].Step < 12) return;
            foreach (var file in Directory.GetFiles(Path.Combine(job.OutputFolder, "snapshots"), "state.json", SearchOption.AllDirectories)) File.AppendAllText(file, " ");
        }

        var result = _runs.Run(job, beforePass: Damage);

        Assert.Equal((14, true), (result.ResultStep, _runs.Metrics.MinBy(m => m.EvalLoss ?? 99)!.Step < 14));
        Assert.Contains(_runs.Events, e => e.Kind == "best_missing" && e.Message.Contains("state.json is not as it was written", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_EvalsPerEpoch_ComeEvenlyAndWinOverSteps()
    {
        var recipe = TrainingRuns.Busy with { MaxSteps = null, NumTrainEpochs = 2, ValSize = 4, EvalSteps = 1, EvalsPerEpoch = 1.5, LoggingSteps = 100 };

        _runs.Run(_runs.Job(recipe));

        // 12 rows, 4 a step: three steps a pass, an evaluation every two thirds of a pass.
        Assert.Equal([2, 4, 6], _runs.Metrics.Select(m => m.Step));
        Assert.Equal(3, RunLength.Of(recipe, TrainingRuns.Rows()).Evaluations);
        Assert.All(_runs.Metrics, m => Assert.InRange(m.EvalTokenAccuracy!.Value, 0, 1));
    }

    [Fact]
    public void Run_LearnedByHeart_HasFullTokenAccuracy()
    {
        var rows = TrainingRuns.Rows()[..2];
        var recipe = Overfitting with { ValSize = 0, EarlyStoppingPatience = null, LearningRate = 0.02, MaxSteps = 80, EvalSteps = 80, SaveSteps = 100, Lora = Overfitting.Lora with { LoraDropout = 0 } };

        _runs.Run(_runs.Job(recipe, rows: rows) with { Evaluation = rows });

        Assert.Equal(1, _runs.Metrics[^1].EvalTokenAccuracy);
        Assert.True(_runs.Metrics[^1].EvalLoss < 0.05);
    }

    [Fact]
    public void Run_OutOfMemoryInEvaluation_HalvesAndGoesOn()
    {
        var recipe = TrainingRuns.Busy with { ValSize = 5, PerDeviceEvalBatchSize = 4 };
        var straight = _runs.Run(_runs.Job(recipe));

        var result = _runs.Run(_runs.Job(recipe), beforePass: (batch, trains) => { if (!trains && batch.Lines > 1) throw TrainingRuns.OutOfMemory(); });

        Assert.Equal(TrainingOutcome.Finished, result.Outcome);
        Assert.Equal(straight.FinalEvalLoss!.Value, result.FinalEvalLoss!.Value, 1e-5);
        Assert.Equal([(4, 2), (4, 1)], _runs.Events.Where(e => e.Kind == "evaluation_batch_halved").Select(e => (e.Step, (int)e.Arguments[1])));
    }

    [Fact]
    public void Run_NoMemoryForOneEvaluationRow_LeavesTheEvaluationOut()
    {
        var result = _runs.Run(_runs.Job(TrainingRuns.Busy with { EarlyStoppingPatience = 1 }), beforePass: (_, trains) => { if (!trains) throw TrainingRuns.OutOfMemory(); });

        Assert.Equal((TrainingOutcome.Finished, 12, (double?)null), (result.Outcome, result.Step, result.FinalEvalLoss));
        Assert.Equal([4, 8, 12], _runs.Events.Where(e => e.Kind == "evaluation_skipped").Select(e => e.Step));
        Assert.All(_runs.Metrics, m => Assert.Null(m.EvalLoss));
    }

    [Theory]
    [InlineData(BestMetric.EvalLoss, 0.0, new[] { 5.0, 4, 4.5, 4, 3.9 }, 5, 0)]
    [InlineData(BestMetric.EvalLoss, 0.5, new[] { 5.0, 4, 3.9, 3.8, 3.7 }, 5, 3)]
    [InlineData(BestMetric.EvalTokenAccuracy, 0.0, new[] { 0.2, 0.5, 0.4, double.NaN }, 2, 2)]
    [InlineData(BestMetric.EvalLoss, 0.5, new[] { 5.0, 4.5, 4.0 }, 3, 2)]
    [InlineData(BestMetric.EvalLoss, 0.5, new[] { 5.0, 4.25 }, 2, 0)]
    [InlineData(BestMetric.EvalTokenAccuracy, 0.25, new[] { 0.25, 0.5, 0.875 }, 3, 0)]
    [InlineData(BestMetric.EvalTokenAccuracy, 0.25, new[] { 0.5, 0.25, 0.75 }, 3, 2)]
    public void Standing_After_CountsAsTransformersDoes(BestMetric metric, double threshold, double[] values, int best, int waited)
    {
        var recipe = new TrainingRecipe { MetricForBestModel = metric, EarlyStoppingThreshold = threshold, EarlyStoppingPatience = 3 };

        var standing = values.Select((value, i) => (value, i)).Aggregate(new EvaluationStanding(), (before, now) => before.After(now.i + 1, now.value, recipe));

        Assert.Equal((best, waited, waited >= 3), (standing.BestStep, standing.WithoutBetter, standing.IsExhausted(recipe)));
    }

    private double EvalLossOf(TrainingResult result, TrainingJob job)
    {
        var recipe = job.Recipe.Effective();
        var held = EvaluationSplit.Split(job.Train, recipe.ValSize, recipe.Seed).Evaluation;
        using var model = Trainables.Load(recipe with { Lora = recipe.Lora with { InitFrom = result.OutputPath } }, job.ModelFolder, job.Device);
        return new Evaluator(new LiveModel(model, job.ModelFolder).Evaluate, held, 4, 10_000).Evaluate(() => { })!.Value.Loss;
    }
}
