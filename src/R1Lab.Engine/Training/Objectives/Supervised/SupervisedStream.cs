using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training.Objectives.Supervised;

/// <summary>The dataset's rows, epoch after epoch.</summary>
internal sealed class SupervisedStream : ITrainingStream
{
    private readonly Batcher _batcher;

    public SupervisedStream(TrainingSetup setup)
    {
        _batcher = new Batcher(setup.Rows.Train, setup.Recipe.Batches());
        TotalSteps = setup.Recipe.StepsOver(_batcher);
    }

    public int TotalSteps { get; }

    public double Epoch => _batcher.Epoch;

    public StreamPosition Position
    {
        get => new(_batcher.Position);
        set => _batcher.Position = value.Batches;
    }

    public ITokenLoss Loss { get; } = new CrossEntropyLoss();

    public MicroBatch Largest(int steps) => _batcher.Largest(steps);

    public StepBatch Next(LiveModel model) => _batcher.Next();

    public TokenTargets Complete(MicroBatch batch, LiveModel model) => TokenTargets.Of(batch);

    public EvaluationSums Evaluate(MicroBatch batch, LiveModel model) => model.Evaluate(batch);

    public void Dispose() { }
}
