using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training.Objectives;

namespace R1Lab.Engine.Training;

/// <param name="Loss">Mean cross entropy per learned token, in nats.</param>
/// <param name="TokenAccuracy">Share of learned tokens that the model ranks first, 0 to 1.</param>
internal readonly record struct EvaluationResult(double Loss, double TokenAccuracy);

/// <summary>Scores the held-out rows, shortest first, in batches that need no more memory than the training's.</summary>
/// <param name="score">Scores one batch.</param>
/// <param name="rows">Held-out rows.</param>
/// <param name="placesAtOnce">Most tokens of a batch, padding counted; a single row may have more.</param>
internal sealed class Evaluator(Func<MicroBatch, EvaluationSums> score, IReadOnlyList<TokenExample> rows, int batchSize, long placesAtOnce)
{
    private readonly int[] _order = [.. Enumerable.Range(0, rows.Count).OrderBy(row => rows[row].Length)];

    /// <summary>Rows at once; halved for good when the device runs out of memory.</summary>
    public int BatchSize { get; set; } = batchSize;

    public bool HasRows => rows.Count > 0;

    /// <param name="onHalved">Told when fewer rows go at once from now on.</param>
    /// <returns>Null when not even one row fits into the memory there is.</returns>
    public EvaluationResult? Evaluate(Action onHalved)
    {
        var sums = default(EvaluationSums);
        for (var done = 0; done < _order.Length;)
        {
            var count = CountFrom(done);
            try
            {
                sums += score(MicroBatch.Of(rows, [.. _order.AsSpan(done, count).ToArray().Select(row => new[] { row })], packed: false));
                done += count;
            }
            catch (Exception e) when (OutOfMemory.Is(e))
            {
                if (count == 1) return null;
                BatchSize = (count + 1) / 2;
                onHalved();
            }
        }

        return new EvaluationResult(sums.Loss / Math.Max(1, sums.Count), sums.Right / (double)Math.Max(1, sums.Count));
    }

    private int CountFrom(int first)
    {
        var count = 1;
        while (count < BatchSize && first + count < _order.Length && (count + 1L) * rows[_order[first + count]].Length <= placesAtOnce) count++;
        return count;
    }
}
