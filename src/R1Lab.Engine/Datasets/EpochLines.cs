namespace R1Lab.Engine.Datasets;

/// <summary>
/// The lines of every epoch: which examples stand in each, in the order they are taken. An epoch's order follows from the seed and the epoch's
/// number alone.
/// </summary>
/// <param name="rows">At least one example.</param>
internal sealed class EpochLines(IReadOnlyList<TokenExample> rows, BatchSettings settings)
{
    private readonly Dictionary<int, int> _counts = [];
    private int _plannedEpoch = -1;
    private IReadOnlyList<int[]> _plan = [];

    /// <summary>The lines of one epoch, from 0, each as places in the rows.</summary>
    public IReadOnlyList<int[]> Of(int epoch)
    {
        if (_plannedEpoch == epoch) return _plan;
        var order = settings.Shuffle ? SeededShuffle.Order(rows.Count, settings.Seed, epoch) : [.. Enumerable.Range(0, rows.Count)];
        if (settings.GroupByLength) order = ByLength(order, epoch);
        (_plannedEpoch, _plan) = (epoch, settings.PackTo is { } size ? Packed(order, size) : [.. order.Select(row => new[] { row })]);
        return _plan;
    }

    /// <summary>How many lines an epoch has. Only packing makes it depend on the order, and so on the epoch.</summary>
    public int Count(int epoch)
    {
        if (settings.PackTo is null) return rows.Count;
        if (settings is { Shuffle: false, GroupByLength: false }) epoch = 0;
        if (!_counts.TryGetValue(epoch, out var count)) _counts[epoch] = count = Of(epoch).Count;
        return count;
    }

    // As transformers groups, rows are sorted by length inside large groups; unlike there the batches are then shuffled, for a run of long
    // batches followed by short ones makes the loss swing and slows learning. A short last batch stays last.
    private int[] ByLength(int[] order, int epoch)
    {
        var size = settings.BatchSize;
        var group = Math.Min(Math.Max(1, order.Length / (size * 4)), 50) * size;
        var batches = order.Chunk(group).SelectMany(places => places.OrderByDescending(row => rows[row].Length).Chunk(size)).ToArray();
        var whole = batches.Count(batch => batch.Length == size);
        var shuffled = SeededShuffle.Order(whole, settings.Seed, epoch, 1).Select(batch => batches[batch]);
        return [.. shuffled.Concat(batches.Skip(whole)).SelectMany(batch => batch)];
    }

    // First fit over the last lines still open; a row longer than a line stands alone.
    private List<int[]> Packed(int[] order, int size)
    {
        const int openLines = 64;
        var lines = new List<(List<int> Rows, int Room)>();
        foreach (var row in order)
        {
            var length = rows[row].Length;
            var at = lines.FindIndex(Math.Max(0, lines.Count - openLines), line => line.Room >= length);
            if (at < 0)
            {
                at = lines.Count;
                lines.Add(([], size));
            }

            lines[at].Rows.Add(row);
            lines[at] = (lines[at].Rows, lines[at].Room - length);
        }

        return [.. lines.Select(line => line.Rows.ToArray())];
    }
}
