using R1Lab.Engine.Datasets;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training.Objectives;

/// <summary>
/// Policy gradient on replies that the model generates during the run: clipped as in PPO (arXiv 1707.06347), with a moving average of the
/// reward as baseline, which a snapshot must keep.
/// </summary>
/// <param name="reward">The reward of a reply's tokens.</param>
internal sealed class RolloutObjective(Func<IReadOnlyList<int>, double> reward) : IObjective
{
    /// <summary>The mean reward of every step taken.</summary>
    public List<double> Rewards { get; } = [];

    public IReadOnlyList<string> Heads => [];

    public int RowsTogether => 1;

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows) => [];

    public ITrainingStream Open(TrainingSetup setup) => new RolloutStream(setup, reward, Rewards);

    private sealed record Rollout(TokenExample Row, double Advantage, float[] OldLogProbs);

    private sealed class RolloutStream(TrainingSetup setup, Func<IReadOnlyList<int>, double> reward, List<double> rewards)
        : ITrainingStream
    {
        private const int ReplyTokens = 5;
        private const int Replies = 3;

        private readonly Batcher _prompts = new(setup.Rows.Train, setup.Recipe.Batches());
        private double? _baseline;
        private TokenExample[] _rows = [];
        private Rollout[] _rollouts = [];

        public int TotalSteps => setup.Recipe.StepsOver(_prompts);

        public double Epoch => _prompts.Epoch;

        public ITokenLoss Loss { get; } = new ClippedPolicyLoss(0.2, 0.28);

        public StreamPosition Position
        {
            get => new(_prompts.Position, _baseline is { } baseline ? new Dictionary<string, double> { ["baseline"] = baseline } : null);
            set => (_prompts.Position, _baseline) = (value.Batches, value.Values?["baseline"]);
        }

        public MicroBatch Largest(int steps)
        {
            var longest = _prompts.Largest(steps).Examples.Select(line => setup.Rows.Train[line[0]]);
            var prompts = longest.Select(prompt => Row(prompt, Enumerable.Repeat(0, ReplyTokens))).ToArray();
            return Lay(prompts, Enumerable.Range(0, prompts.Length * Replies).Select(reply => reply / Replies));
        }

        public StepBatch Next(LiveModel model)
        {
            var seed = (long)(SeededShuffle.Mix(setup.Recipe.Seed, _prompts.Position.Taken) >> 1);
            var micro = _prompts.Next().MicroBatches;
            var prompts = micro.SelectMany(batch => batch.Examples)
                .SelectMany(line => Enumerable.Repeat(setup.Rows.Train[line[0]], Replies)).ToArray();
            var settings = new GenerationSettings { MaxNewTokens = ReplyTokens, IgnoreEos = true };
            var replies = model.Generate([.. prompts.Select((prompt, i) =>
                new GenerationRequest(PromptOf(prompt), settings with { Seed = seed + i }))]);
            var earned = replies.Select(reply => reward(reply.Tokens)).ToArray();
            rewards.Add(earned.Average());
            var baseline = _baseline ?? earned.Average();
            _baseline = 0.8 * baseline + 0.2 * earned.Average();
            _rows = [.. prompts.Zip(replies, (prompt, reply) => Row(prompt, reply.Tokens))];
            _rollouts = [.. _rows.Select((row, i) => new Rollout(row, earned[i] - baseline, LogProbsOf(i, model)))];
            var lines = new Queue<int>(Enumerable.Range(0, _rows.Length));
            return new([.. micro.Select(batch =>
                Lay(_rows, Enumerable.Range(0, batch.Lines * Replies).Select(_ => lines.Dequeue())))]);
        }

        public TokenTargets Complete(MicroBatch batch, LiveModel model) => ReferenceEquals(batch.Source, _rows)
            ? TokenTargets.Of(batch) with
            {
                Weights = [.. batch.Examples.SelectMany(line => Enumerable.Repeat((float)_rollouts[line[0]].Advantage, ReplyTokens))],
                OldLogProbs = [.. batch.Examples.SelectMany(line => _rollouts[line[0]].OldLogProbs)],
            }
            : TokenTargets.Of(batch);

        public EvaluationSums Evaluate(MicroBatch batch, LiveModel model) => model.Evaluate(batch);

        public void Dispose() { }

        private float[] LogProbsOf(int row, LiveModel model)
        {
            using var scope = NewDisposeScope();
            var alone = Lay(_rows, [row]);
            return model.Score(alone, TokenTargets.Of(alone)).LogProbs.data<float>().ToArray();
        }

        private static MicroBatch Lay(TokenExample[] rows, IEnumerable<int> lines)
        {
            var batch = MicroBatch.Of(rows, [.. lines.Select(row => new[] { row })], packed: false);
            return batch with { RowEpochs = [.. batch.Rows.Select(_ => 0)] };
        }

        private static int[] PromptOf(TokenExample row) => [.. row.InputIds.TakeWhile((_, i) => row.Labels[i] == TokenExample.NotTrained)];

        private static TokenExample Row(TokenExample prompt, IEnumerable<int> reply)
        {
            var (ids, answer) = (PromptOf(prompt), reply.ToArray());
            return new([.. ids, .. answer], [.. ids.Select(_ => TokenExample.NotTrained), .. answer], prompt.RowId);
        }
    }
}

/// <summary>-min(ratio · A, clip(ratio, 1 - low, 1 + high) · A), summed over tokens; A are the targets' weights.</summary>
internal sealed class ClippedPolicyLoss(double low, double high) : ITokenLoss
{
    public LossNeeds Needs { get; } = LossNeeds.Tokens();

    public int Count(MicroBatch batch) => batch.Targets.Length;

    public LossSum Backward(LossInputs inputs, TokenTargets targets, double divisor)
    {
        using var scope = NewDisposeScope();
        var count = (int)inputs.LogProbs.size(0);
        Tensor Part(float[] values) => tensor(values.AsSpan(inputs.First, count).ToArray()).to(inputs.LogProbs.dtype);
        var advantages = targets.Weights is null ? ones_like(inputs.LogProbs) : Part(targets.Weights);
        var ratios = (inputs.LogProbs - (targets.OldLogProbs is null ? inputs.LogProbs : Part(targets.OldLogProbs))).exp();
        var (plain, clipped) = (ratios * advantages, ratios.clamp(1 - low, 1 + high) * advantages);
        return new LossSum((minimum(plain, clipped).sum() / -divisor).MoveToOuterDisposeScope())
        {
            LogProbs = (where(plain <= clipped, plain, zeros_like(plain)) / -divisor).MoveToOuterDisposeScope(),
        };
    }
}
