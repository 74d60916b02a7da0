using R1Lab.Bench;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Samples;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>A run on a card that has too little room for its batches goes on in smaller parts.</summary>
public sealed class ShortageOnCardTests : IDisposable
{
    private const int Vocabulary = 1280;

    private static readonly TrainingRecipe Large = CardRuns.Plain with { PerDeviceTrainBatchSize = 64, MaxSteps = 2 };

    private readonly CardRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [CardFact]
    public void Run_BatchThatDoesNotFit_TakesTheSameStepsInParts()
    {
        Card.MustBeReal();
        var rows = MeasuredRun.RandomRows(64, 256, Vocabulary);
        var expected = Told(Large, rows);

        List<(double, double)> actual;
        using (new Ballast(512L << 20)) actual = Told(Large, rows);

        Assert.Contains(_runs.Events, e => e.Kind == TrainingEventKinds.MicroBatchHalved);
        CardRuns.AssertNear(expected, actual, 1e-4, 1e-3);
    }

    [CardFact]
    public void Run_NoRoomForOneLine_FailsInWordsAndTheCardComputesAfterwards()
    {
        Card.MustBeReal();
        Assert.Equal(2, SmallRun().Count); // libraries take their workspaces while there is room
        var rows = MeasuredRun.RandomRows(2, 20_000, Vocabulary);
        var recipe = Large with { PerDeviceTrainBatchSize = 1, MaxLength = 20_000 };

        using (new Ballast(128L << 20))
        {
            Assert.Throws<TrainingMemoryException>(() => _runs.Run(Job(recipe, rows)));
        }

        Assert.Equal(2, SmallRun().Count);
    }

    [CardFact]
    public void Run_EvaluationThatDoesNotFit_EndsNoRun()
    {
        Card.MustBeReal();
        var recipe = Large with { PerDeviceTrainBatchSize = 1, PerDeviceEvalBatchSize = 64, EvalSteps = 1 };
        var job = Job(recipe, MeasuredRun.RandomRows(4, 512, Vocabulary)) with { Evaluation = MeasuredRun.RandomRows(64, 512, Vocabulary, seed: 2) };
        var expected = _runs.Run(job with { OutputFolder = _runs.NewFolder() }).Logged[^1].EvalLoss!.Value;

        (TrainingResult Result, List<StepMetrics> Logged) crowded;
        using (new Ballast(384L << 20)) crowded = _runs.Run(job);

        Assert.Equal(TrainingOutcome.Finished, crowded.Result.Outcome);
        Assert.Contains(_runs.Events, e => e.Kind is TrainingEventKinds.EvaluationBatchHalved or TrainingEventKinds.EvaluationSkipped);
        if (crowded.Logged[^1].EvalLoss is { } loss) Assert.InRange(Relative.Distance(loss, expected), 0, 1e-4);
    }

    private List<(double, double)> SmallRun() => Told(Large with { PerDeviceTrainBatchSize = 4 }, MeasuredRun.RandomRows(8, 64, Vocabulary));

    private TrainingJob Job(TrainingRecipe recipe, IReadOnlyList<TokenExample> rows) => _runs.Job(recipe, rows: rows) with { ModelFolder = SampleFolders.Model };

    private List<(double, double)> Told(TrainingRecipe recipe, IReadOnlyList<TokenExample> rows) =>
        [.. _runs.Run(Job(recipe, rows)).Logged.Select(m => (m.Loss!.Value, m.GradNorm!.Value))];
}
