using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>What the loss of a micro-batch is computed against. An objective that knows more of its tokens or sequences derives from it.</summary>
/// <param name="Positions">[N] flat positions (line * length + position) whose next token is scored.</param>
/// <param name="Tokens">[N] the token after each position.</param>
internal record TokenTargets(long[] Positions, long[] Tokens)
{
    /// <summary>[N] the weight of each token, for example its advantage; null: all 1.</summary>
    public float[]? Weights { get; init; }

    /// <summary>[N] log-probabilities under the policy that generated the tokens, in nats.</summary>
    public float[]? OldLogProbs { get; init; }

    /// <summary>[N] the sequence of the micro-batch that each token belongs to, from 0.</summary>
    public int[]? Sequence { get; init; }

    /// <summary>For each scalar head the flat positions [M] it is read at.</summary>
    public IReadOnlyDictionary<string, long[]> HeadPositions { get; init; } = new Dictionary<string, long[]>();

    /// <summary>The learned tokens of a micro-batch.</summary>
    public static TokenTargets Of(MicroBatch batch) => new(batch.Scored, batch.Targets);
}
