using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

/// <summary>What came out of the passes of one optimizer step.</summary>
internal sealed record StepLosses(IReadOnlyList<PartLosses> Parts)
{
    /// <summary>The step's loss, normalised as the recipe says.</summary>
    public double Loss { get; } = Parts.Sum(part => part.Loss);

    /// <summary>
    /// The gradient's total 2-norm before clipping: not finite where a float16 gradient overflowed and the step was skipped.
    /// </summary>
    public double GradNorm { get; init; }

    /// <summary>The rate the step was taken with.</summary>
    public double LearningRate { get; init; }

    /// <summary>Rows whose own loss is not finite; all rows when none is.</summary>
    public IReadOnlyList<int> NonFiniteRows()
    {
        var rows = Parts.SelectMany(part => part.NonFiniteRows()).Distinct().ToArray();
        return rows.Length > 0 ? rows : [.. Parts.SelectMany(part => part.Batch.Rows)];
    }
}

/// <summary>What came out of one pass.</summary>
/// <param name="DropoutSeed">The seed it went with.</param>
/// <param name="Loss">Its share of the step's loss.</param>
/// <param name="Each">The negative log-probability of every target, in nats.</param>
internal sealed record PartLosses(MicroBatch Batch, long DropoutSeed, double Loss, float[] Each)
{
    public IEnumerable<int> NonFiniteRows()
    {
        for (var (row, at) = (0, 0); row < Batch.Rows.Count; at += Batch.RowTargets[row++])
        {
            if (Each.AsSpan(at, Batch.RowTargets[row]).ToArray().Any(loss => !float.IsFinite(loss))) yield return Batch.Rows[row];
        }
    }
}
