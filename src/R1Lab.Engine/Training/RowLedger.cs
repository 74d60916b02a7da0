using R1Lab.Engine.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The loss of every row in the passes over the data that are not complete yet. Pieces of one row count together.</summary>
internal sealed class RowLedger
{
    private const string Prefix = "row_losses/";

    private readonly SortedDictionary<int, SortedDictionary<int, (double Sum, long Tokens)>> _passes = [];

    /// <param name="losses">The loss of every target of the batch.</param>
    public void Add(MicroBatch batch, ReadOnlySpan<float> losses)
    {
        for (var (row, at) = (0, 0); row < batch.Rows.Count; at += batch.RowTargets[row++])
        {
            var tokens = batch.RowTargets[row];
            if (tokens == 0) continue;
            var sum = 0.0;
            foreach (var loss in losses.Slice(at, tokens)) sum += loss;
            if (!_passes.TryGetValue(batch.RowEpochs[row], out var pass)) _passes[batch.RowEpochs[row]] = pass = [];
            var (before, counted) = pass.GetValueOrDefault(batch.Rows[row]);
            pass[batch.Rows[row]] = (before + sum, counted + tokens);
        }
    }

    /// <summary>Hands over the passes before <paramref name="epoch"/>, each with its rows in order, and forgets them.</summary>
    public IReadOnlyList<IReadOnlyList<RowLoss>> TakeBefore(int epoch)
    {
        var taken = new List<IReadOnlyList<RowLoss>>();
        foreach (var pass in _passes.Keys.TakeWhile(pass => pass < epoch).ToList())
        {
            taken.Add([.. _passes[pass].Select(row => new RowLoss(pass, row.Key, row.Value.Sum / row.Value.Tokens, (int)row.Value.Tokens))]);
            _passes.Remove(pass);
        }

        return taken;
    }

    /// <summary>What a snapshot keeps: one entry a row of <c>row_losses/{epochs,rows,tokens,sums}</c>; in the caller's dispose scope.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State()
    {
        var entries = _passes.SelectMany(pass => pass.Value.Select(row => (Epoch: (long)pass.Key, Row: (long)row.Key, row.Value.Tokens, row.Value.Sum))).ToArray();
        yield return new($"{Prefix}epochs", tensor(Array.ConvertAll(entries, entry => entry.Epoch)));
        yield return new($"{Prefix}rows", tensor(Array.ConvertAll(entries, entry => entry.Row)));
        yield return new($"{Prefix}tokens", tensor(Array.ConvertAll(entries, entry => entry.Tokens)));
        yield return new($"{Prefix}sums", tensor(Array.ConvertAll(entries, entry => entry.Sum)));
    }

    /// <summary>Takes back what <see cref="State"/> gave; snapshots of earlier versions have none.</summary>
    public void Restore(Func<string, Tensor?> read)
    {
        _passes.Clear();
        using var scope = NewDisposeScope();
        if (read($"{Prefix}epochs") is not { } epochs || epochs.numel() == 0) return;
        var (rows, tokens, sums) = (read($"{Prefix}rows")!.data<long>(), read($"{Prefix}tokens")!.data<long>(), read($"{Prefix}sums")!.data<double>());
        var passes = epochs.data<long>();
        for (var i = 0L; i < passes.Count; i++)
        {
            if (!_passes.TryGetValue((int)passes[i], out var pass)) _passes[(int)passes[i]] = pass = [];
            pass[(int)rows[i]] = (sums[i], tokens[i]);
        }
    }
}
