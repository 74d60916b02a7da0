using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>Distillation over the whole vocabulary from a larger model that the stream loads and frees.</summary>
internal sealed class DistillationObjective(string teacherFolder) : IObjective
{
    /// <summary>The teacher of the last run.</summary>
    public Decoder? Teacher { get; private set; }

    public IReadOnlyList<string> Heads => [];

    public int RowsTogether => 1;

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) => [];

    public ITrainingStream Open(TrainingSetup setup)
    {
        Teacher = ModelLoader.Load(teacherFolder, ComputeDevice.Cpu, ScalarType.Float32);
        return new RowStream(setup, new DistillationLoss(0.5, new ForwardPass(Teacher, null)), Teacher);
    }

    private sealed class RowStream(TrainingSetup setup, ITokenLoss loss, Decoder teacher) : ITrainingStream
    {
        private readonly Batcher _rows = new(setup.Rows.Train, setup.Recipe.Batches());

        public int TotalSteps => setup.Recipe.StepsOver(_rows);

        public double Epoch => _rows.Epoch;

        public ITokenLoss Loss => loss;

        public StreamPosition Position
        {
            get => new(_rows.Position);
            set => _rows.Position = value.Batches;
        }

        public MicroBatch Largest(int steps) => _rows.Largest(steps);

        public StepBatch Next(LiveModel model) => _rows.Next();

        public TokenTargets Complete(MicroBatch batch, LiveModel model) => TokenTargets.Of(batch);

        public EvaluationSums Evaluate(MicroBatch batch, LiveModel model) => model.Evaluate(batch);

        public void Dispose() => teacher.Dispose();
    }
}

/// <summary>share · KL(teacher || student) + (1 - share) · cross entropy of the targets, summed over tokens.</summary>
internal sealed class DistillationLoss(double share, ForwardPass teacher) : ITokenLoss
{
    public LossNeeds Needs { get; } = LossNeeds.Tokens(vocabulary: true, reference: teacher);

    public int Count(MicroBatch batch) => batch.Targets.Length;

    public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
    {
        using var scope = NewDisposeScope();
        var (wanted, own) = (inputs.Reference!.LogSoftmax!, inputs.LogSoftmax!);
        var probabilities = wanted.exp();
        var loss = (probabilities * (wanted - own)).sum() * share - inputs.LogProbs.sum() * (1 - share);
        return new LossSum((loss / divisor).MoveToOuterDisposeScope())
        {
            LogSoftmax = (probabilities * (-share / divisor)).MoveToOuterDisposeScope(),
            LogProbs = full_like(inputs.LogProbs, (share - 1) / divisor).MoveToOuterDisposeScope(),
        };
    }
}
