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
/// <param name="together">So many neighbouring rows are one group, which is never divided.</param>
/// <param name="groupsAtOnce">Most groups of a batch.</param>
/// <param name="positionsAtOnce">Most tokens of a batch for each row of a group, padding counted; a single group may have more.</param>
internal sealed class Evaluator(
    Func<MicroBatch, EvaluationSums> score, IReadOnlyList<TokenExample> rows, int groupsAtOnce, long positionsAtOnce, int together = 1)
{
    private readonly (int[] Rows, int Length)[] _groups =
    [
        .. Enumerable.Range(0, rows.Count).Chunk(together)
            .Select(group => (Rows: group, Length: group.Max(row => rows[row].Length)))
            .OrderBy(group => group.Length),
    ];

    /// <summary>Groups at once; halved for good when the device runs out of memory.</summary>
    public int BatchSize { get; set; } = groupsAtOnce;

    public bool HasRows => rows.Count > 0;

    /// <param name="onHalved">Notified when fewer groups go at once from now on.</param>
    /// <returns>Null when not even one group fits into the memory there is.</returns>
    public EvaluationResult? Evaluate(Action onHalved)
    {
        var sums = default(EvaluationSums);
        for (var done = 0; done < _groups.Length;)
        {
            var count = CountFrom(done);
            try
            {
                sums += score(Lay(_groups[done..(done + count)]));
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

    private MicroBatch Lay((int[] Rows, int Length)[] groups) =>
        MicroBatch.Of(rows, [.. groups.SelectMany(group => group.Rows).Select(row => new[] { row })], packed: false)
            with
        { LinesTogether = together };

    private int CountFrom(int first)
    {
        var (count, left) = (1, _groups.Length - first);
        while (count < Math.Min(BatchSize, left) && (count + 1L) * _groups[first + count].Length <= positionsAtOnce) count++;
        return count;
    }
}
