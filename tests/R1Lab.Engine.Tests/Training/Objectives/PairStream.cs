using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>Rows 2i and 2i+1 are the better and the worse answer to one prompt; both are in one micro-batch, whatever its size.</summary>
/// <param name="loss">A function of pairs.</param>
internal sealed class PairStream(TrainingSetup setup, PairLoss loss) : ITrainingStream
{
    private readonly Batcher _pairs = new([.. setup.Rows.Train.Where((_, row) => row % 2 == 0)], setup.Recipe.Batches());

    public int TotalSteps => setup.Recipe.StepsOver(_pairs);

    public double Epoch => _pairs.Epoch;

    public ITokenLoss Loss => loss;

    public StreamPosition Position
    {
        get => new(_pairs.Position);
        set => _pairs.Position = value.Batches;
    }

    public MicroBatch Largest(int steps) => BothOf(_pairs.Largest(steps));

    public StepBatch Next(LiveModel model) => new([.. _pairs.Next().MicroBatches.Select(BothOf)]);

    public TokenTargets Complete(MicroBatch batch, LiveModel model) => TargetsOf(batch);

    public EvaluationSums Evaluate(MicroBatch batch, LiveModel model)
    {
        using var scope = NewDisposeScope();
        var targets = TargetsOf(batch);
        var inputs = model.Score(batch, targets) with { Reference = loss.Needs.Reference?.Score(batch, targets) };
        var right = loss.Margins(inputs, targets).gt(0).sum().ToInt64();
        return new(loss.Backward(inputs, targets, 1).Loss.ToDouble(), right, loss.Count(batch));
    }

    public void Dispose() { }

    /// <summary>Both answers of pairs as neighbouring lines.</summary>
    public static MicroBatch Lay(IReadOnlyList<TokenExample> rows, IEnumerable<int> pairs) =>
        MicroBatch.Of(rows, [.. pairs.SelectMany(pair => new[] { new[] { 2 * pair }, [2 * pair + 1] })], packed: false)
            with
        { LinesTogether = 2 };

    /// <summary>The learned tokens by line, and the end of each line for a head named <c>score</c>.</summary>
    public static TokenTargets TargetsOf(MicroBatch batch) => TokenTargets.Of(batch) with
    {
        Sequence = [.. batch.RowTargets.SelectMany((tokens, line) => Enumerable.Repeat(line, tokens))],
        HeadPositions = new Dictionary<string, long[]>
        {
            ["score"] = [.. batch.Examples.Select((line, i) => (long)i * batch.Length + batch.Source[line[0]].Length - 1)],
        },
    };

    private MicroBatch BothOf(MicroBatch better) => Lay(setup.Rows.Train, better.Examples.Select(line => line[0])) with
    {
        RowEpochs = [.. better.RowEpochs.SelectMany(epoch => new[] { epoch, epoch })],
    };
}
