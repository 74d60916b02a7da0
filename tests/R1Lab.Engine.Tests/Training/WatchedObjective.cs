using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Another objective, with a call before every forward pass; the call may throw what a device throws.</summary>
/// <param name="beforePass">Given the rows, and true where gradients are taken.</param>
internal sealed class WatchedObjective(IObjective inner, Action<MicroBatch, bool> beforePass) : IObjective
{
    public IReadOnlyList<string> Heads => inner.Heads;

    public int RowsTogether => inner.RowsTogether;

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) => inner.Problems(recipe, rows);

    public ITrainingStream Open(TrainingSetup setup) => new WatchedStream(inner.Open(setup), beforePass);

    private sealed class WatchedStream(ITrainingStream inner, Action<MicroBatch, bool> beforePass) : ITrainingStream
    {
        public int TotalSteps => inner.TotalSteps;

        public double Epoch => inner.Epoch;

        public ITokenLoss Loss => inner.Loss;

        public StreamPosition Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public MicroBatch Largest(int steps) => inner.Largest(steps);

        public StepBatch Next(LiveModel model) => inner.Next(model);

        public TokenTargets Complete(MicroBatch batch, LiveModel model)
        {
            beforePass(batch, true);
            return inner.Complete(batch, model);
        }

        public EvaluationSums Evaluate(MicroBatch batch, LiveModel model)
        {
            beforePass(batch, false);
            return inner.Evaluate(batch, model);
        }

        public void Dispose() => inner.Dispose();
    }
}
