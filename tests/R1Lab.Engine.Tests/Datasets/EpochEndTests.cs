using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Datasets;

public sealed class EpochEndTests : IDisposable
{
    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    // transformers 5: ceil(epochs * max(ceil(ceil(rows / batch) / accumulation), 1)); Axolotl: ceil(rows * epochs / (batch * accumulation)).
    [Theory]
    [InlineData(18, 4, 1, 3.0, 14, 15, 12, 14)]
    [InlineData(18, 4, 2, 3.0, 7, 9, 6, 7)]
    [InlineData(10, 4, 4, 2.5, 2, 3, 3, 2)]
    [InlineData(1000, 4, 4, 3.0, 188, 189, 189, 188)]
    [InlineData(3, 4, 1, 2.0, 2, 2, 2, 2)]
    [InlineData(16, 4, 1, 1.5, 6, 6, 6, 6)]
    [InlineData(17, 4, 1, 0.1, 1, 1, 1, 1)]
    public void Steps_OfARun_AreThoseOfTheRule(int rows, int batch, int accumulation, double epochs, int carryOver, int shortStep, int dropLast, int wholeRun)
    {
        int Steps(EpochEnd end) => TrainingRuns.Length(new TrainingRecipe { PerDeviceTrainBatchSize = batch, GradientAccumulationSteps = accumulation, NumTrainEpochs = epochs, EpochEnd = end }, rows).Steps;

        Assert.Equal((carryOver, shortStep, dropLast, wholeRun), (Steps(EpochEnd.CarryOver), Steps(EpochEnd.ShortStep), Steps(EpochEnd.DropLast), Steps(EpochEnd.WholeRun)));
    }

    [Theory]
    [InlineData(EpochEnd.ShortStep, null, 18)]
    [InlineData(EpochEnd.DropLast, null, 16)]
    [InlineData(EpochEnd.ShortStep, 9, 18)]
    public void Next_ToTheEnd_TakesEveryRowOnceAnEpochAndNoStepHasTwoEpochs(EpochEnd end, int? packTo, int rows)
    {
        var batcher = new Batcher(Rows(18), new BatchSettings(4, 2, 3, Shuffle: true, Seed: 5, PackTo: packTo, EpochEnd: end));

        var steps = Enumerable.Range(0, batcher.Steps!.Value).Select(_ => batcher.Next().MicroBatches).ToList();

        Assert.All(steps, step => Assert.Single(step.SelectMany(batch => batch.RowEpochs).Distinct()));
        Assert.Equal([rows, rows, rows], steps.SelectMany(step => step).SelectMany(batch => batch.Rows.Zip(batch.RowEpochs)).Distinct().CountBy(row => row.Second).OrderBy(epoch => epoch.Key).Select(epoch => epoch.Value));
        Assert.Equal((3, 0), (batcher.Position.Epoch, batcher.Position.Line));
        Assert.Throws<InvalidOperationException>(batcher.Next);
    }

    [Fact]
    public void Next_WholeRunPacked_TakesFullStepsOnlyInNumber()
    {
        // 5 packs per epoch, 2 a step: 2 full steps per epoch are counted, and steps still end with the epoch.
        var batcher = new Batcher(Rows(5), new BatchSettings(2, 1, 2, Shuffle: false, Seed: 0, PackTo: 4, EpochEnd: EpochEnd.WholeRun));

        Assert.Equal(4, batcher.Steps);
        Assert.Equal([2, 2, 1, 2], Enumerable.Range(0, 4).Select(_ => batcher.Next().Rows.Count));
    }

    [Fact]
    public void Run_ShortAccumulation_IsDividedByItsOwnTokens()
    {
        var rows = TrainingRuns.Rows()[..3];
        var recipe = new TrainingRecipe { LearningRate = 1e-3, NumTrainEpochs = 1, Shuffle = false, Dtype = TrainingDtype.Float32, EpochEnd = EpochEnd.ShortStep };

        _runs.Run(_runs.Job(recipe with { PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 4 }, rows: rows));
        _runs.Run(_runs.Job(recipe with { PerDeviceTrainBatchSize = 3 }, rows: rows));

        Assert.Equal(2, _runs.Metrics.Count);
        Assert.Equal(_runs.Metrics[1].Loss!.Value, _runs.Metrics[0].Loss!.Value, 1e-5);
        Assert.Equal(_runs.Metrics[1].GradNorm!.Value, _runs.Metrics[0].GradNorm!.Value, 1e-4);
    }

    [Theory]
    [InlineData(EpochEnd.ShortStep, false)]
    [InlineData(EpochEnd.ShortStep, true)]
    [InlineData(EpochEnd.DropLast, false)]
    [InlineData(EpochEnd.WholeRun, false)]
    public void Resume_AtAnyStep_TakesTheSameSteps(EpochEnd end, bool packing)
    {
        var recipe = TrainingRuns.Busy with { MaxSteps = null, NumTrainEpochs = 2, EpochEnd = end, Packing = packing, MaxLength = 48, PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 1, EvalSteps = null };
        var whole = _runs.Run(_runs.Job(recipe));
        var told = _runs.Told();
        for (var stopAfter = 1; stopAfter < whole.Step; stopAfter += 2)
        {
            _runs.Metrics.Clear();
            _runs.Passes.Clear();
            var job = _runs.Job(recipe);
            _runs.Run(job, stopAfter);

            var resumed = _runs.Run(job);

            Assert.Equal(told, _runs.Told());
            Assert.Equal(TrainingRuns.WeightsOf(whole), TrainingRuns.WeightsOf(resumed));
        }
    }

    [Fact]
    public void Parse_RecipeWithoutTheSetting_IsOfBeforeOrNewByWhoAsks()
    {
        const string json = """{"model":"m","dataset":"d"}""";

        Assert.Equal(EpochEnd.CarryOver, TrainingRecipe.Parse(json, out _)!.EpochEnd);
        Assert.Equal(EpochEnd.ShortStep, TrainingRecipe.ParseNew(json, out _)!.EpochEnd);
        Assert.Equal(EpochEnd.CarryOver, TrainingRecipe.ParseNew("""{"model":"m","epoch_end":"carry_over"}""", out _)!.EpochEnd);
        Assert.All(TrainingRecipe.PresetNames, name => Assert.Equal(EpochEnd.ShortStep, TrainingRecipe.Preset(name).EpochEnd));
    }

    private static TokenExample[] Rows(int count) => [.. Enumerable.Range(0, count).Select(row => new TokenExample([1, 2, 3], [-100, 2, 3], row))];
}
