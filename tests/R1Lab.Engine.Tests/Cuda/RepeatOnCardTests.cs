using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>The same run comes to the same bits on a card, also over rows so long that many parts of attention's backward pass add up at once.</summary>
public sealed class RepeatOnCardTests : IDisposable
{
    private const int LongestRow = 1024;
    private const int Vocabulary = 512;

    private readonly CardRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [CardTheory]
    [InlineData(TrainingMethod.Lora, false)]
    [InlineData(TrainingMethod.Lora, true)]
    [InlineData(TrainingMethod.Full, true)]
    public void Run_LongRowsTwice_ComesToTheSameBits(TrainingMethod method, bool packing)
    {
        var recipe = TrainingRuns.Busy with
        {
            Method = method,
            Packing = packing,
            MaxLength = LongestRow,
            Dtype = TrainingDtype.Bfloat16,
            MaxSteps = 5,
            LoggingSteps = 1,
            LearningRate = 1e-3,
        };
        var (first, metrics) = _runs.Run(_runs.Job(recipe, "llama_base", Rows()));

        var (second, again) = _runs.Run(_runs.Job(recipe, "llama_base", Rows()));

        Assert.Equal(metrics.Select(step => (step.Loss, step.GradNorm)), again.Select(step => (step.Loss, step.GradNorm)));
        Assert.Equal(TrainingRuns.WeightsOf(first), TrainingRuns.WeightsOf(second));
    }

    private static TokenExample[] Rows()
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, 24).Select(row =>
        {
            var ids = Enumerable.Range(0, random.Next(LongestRow / 4, LongestRow)).Select(_ => random.Next(Vocabulary)).ToArray();
            return new TokenExample(ids, ids, row);
        })];
    }
}
