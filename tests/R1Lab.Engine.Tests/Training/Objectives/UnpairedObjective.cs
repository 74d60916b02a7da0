using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>
/// Kahneman-Tversky optimization (arXiv 2402.01306): single answers, good ones in even rows and bad ones in odd rows, against a baseline
/// that is estimated from prompts with the answers of other rows.
/// </summary>
internal sealed class UnpairedObjective : IObjective
{
    public IReadOnlyList<string> Heads => [];

    public int RowsTogether => 1;

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) => [];

    public ITrainingStream Open(TrainingSetup setup) => new AnswerStream(setup, new ForwardPass(setup.Model.Decoder, null));

    private sealed class AnswerStream(TrainingSetup setup, ForwardPass reference) : ITrainingStream
    {
        private readonly Batcher _rows = new(setup.Rows.Train, setup.Recipe.Batches());
        private readonly Dictionary<int, double> _baselines = [];

        public int TotalSteps => setup.Recipe.StepsOver(_rows);

        public double Epoch => _rows.Epoch;

        public ITokenLoss Loss { get; } = new UnpairedLoss(0.1, reference);

        public StreamPosition Position
        {
            get => new(_rows.Position);
            set => _rows.Position = value.Batches;
        }

        public MicroBatch Largest(int steps) => _rows.Largest(steps);

        // Once for a whole micro-batch: its parts share the baseline.
        public StepBatch Next(LiveModel model)
        {
            var step = _rows.Next();
            foreach (var batch in step.MicroBatches)
            {
                var baseline = Baseline(batch, model);
                foreach (var line in batch.Examples) _baselines[line[0]] = baseline;
            }

            return step;
        }

        public TokenTargets Complete(MicroBatch batch, LiveModel model) =>
            UnpairedTargets.Of(batch, row => _baselines.GetValueOrDefault(row));

        public EvaluationSums Evaluate(MicroBatch batch, LiveModel model) => model.Evaluate(batch);

        public void Dispose() { }

        private double Baseline(MicroBatch batch, LiveModel model)
        {
            using var scope = NewDisposeScope();
            TokenExample[] own = [.. batch.Examples.Select(line => batch.Source[line[0]])];
            TokenExample[] rows = [.. own.Select((row, i) => Mixed(row, own[(i + 1) % own.Length]))];
            var mixed = MicroBatch.Of(rows, [.. rows.Select((_, row) => new[] { row })], packed: false);
            var targets = TokenTargets.Of(mixed);
            var ratios = model.Score(mixed, targets).LogProbs - reference.Score(mixed, targets).LogProbs;
            return Math.Max(0, ratios.sum().ToDouble() / rows.Length);
        }

        private static TokenExample Mixed(TokenExample prompt, TokenExample answer)
        {
            int[] before = [.. prompt.InputIds.Where((_, i) => prompt.Labels[i] == TokenExample.NotTrained)];
            int[] learned = [.. answer.InputIds.Where((_, i) => answer.Labels[i] != TokenExample.NotTrained)];
            return new([.. before, .. learned], [.. before.Select(_ => TokenExample.NotTrained), .. learned]);
        }
    }
}

/// <param name="Signs">[lines] 1 for a good answer, -1 for a bad one.</param>
/// <param name="Baselines">[lines] the log-ratio of an answer that says nothing.</param>
internal sealed record UnpairedTargets(long[] Positions, long[] Tokens, double[] Signs, double[] Baselines)
    : TokenTargets(Positions, Tokens)
{
    public static UnpairedTargets Of(MicroBatch batch, Func<int, double> baseline)
    {
        var rows = batch.Examples.Select(line => line[0]).ToArray();
        return new(batch.Scored, batch.Targets, [.. rows.Select(row => row % 2 == 0 ? 1.0 : -1)], [.. rows.Select(baseline)])
        {
            Sequence = [.. batch.RowTargets.SelectMany((tokens, line) => Enumerable.Repeat(line, tokens))],
        };
    }
}

/// <summary>1 - sigmoid(sign · beta · (log-ratio of the answer - baseline)), summed over answers.</summary>
internal sealed class UnpairedLoss(double beta, ForwardPass reference) : ITokenLoss
{
    public LossNeeds Needs { get; } = LossNeeds.Together(reference: reference);

    public int Count(MicroBatch batch) => batch.Lines;

    public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
    {
        using var scope = NewDisposeScope();
        var (answers, type) = ((UnpairedTargets)targets, inputs.LogProbs.dtype);
        var lines = tensor(Array.ConvertAll(targets.Sequence!, line => (long)line));
        var ratios = zeros(answers.Signs.Length, dtype: type).index_add(0, lines, inputs.LogProbs - inputs.Reference!.LogProbs, 1);
        var signs = tensor(answers.Signs).to(type);
        var values = ((ratios - tensor(answers.Baselines).to(type)) * signs * beta).sigmoid();
        var gradient = values * (1 - values) * signs * (-beta / divisor);
        return new LossSum(((1 - values).sum() / divisor).MoveToOuterDisposeScope())
        {
            LogProbs = gradient.index_select(0, lines).MoveToOuterDisposeScope(),
        };
    }
}
