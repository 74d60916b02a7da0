using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Datasets;

namespace R1Lab.Data.Runs;

/// <summary>The ledger of a run's rows. A list scrolls by pages, so the last ledgers asked for are kept until their numbers change.</summary>
public sealed partial class RunStore
{
    private const int KeptLedgers = 4;
    private const int TextLength = 240;

    private readonly ConcurrentDictionary<int, LossLedger> _ledgers = new();
    private int _ledgerChanges;

    /// <summary>Every row with its losses; empty before the first pass over the data is complete.</summary>
    public async Task<LossLedger> LedgerAsync(int runId, CancellationToken cancellationToken = default)
    {
        var changes = Volatile.Read(ref _ledgerChanges);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var heldOut = await context.RunMetrics.Where(metric => metric.RunId == runId && metric.Key == BestEvaluation.LossKey)
            .OrderByDescending(metric => metric.Step).Select(metric => (double?)metric.Value).FirstOrDefaultAsync(cancellationToken);
        if (_ledgers.TryGetValue(runId, out var known) && known.HeldOut == heldOut) return known;

        var losses = await context.RunRowLosses.AsNoTracking().Where(loss => loss.RunId == runId).ToListAsync(cancellationToken);
        var ledger = LossLedger.Of(losses, heldOut);
        Keep(runId, ledger, changes);
        return ledger;
    }

    /// <summary>The beginning of rows' texts by row, for those that still stand in the run's dataset: the prompt, or the token ids.</summary>
    public async Task<IReadOnlyDictionary<int, string>> RowTextsAsync(int runId, IReadOnlyCollection<int> rowIds, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = from run in context.Runs
                   join row in context.DatasetRows on run.DatasetId equals row.DatasetId
                   where run.Id == runId && rowIds.Contains(row.Id)
                   select new { row.Id, row.Kind, row.Content };
        return await rows.ToDictionaryAsync(row => row.Id, row => Beginning(RowTitle.Of(row.Kind, row.Content)), cancellationToken);
    }

    private static string Beginning(string text) => text.Length <= TextLength ? text : text[..TextLength];

    private void ForgetLedger(int runId)
    {
        Interlocked.Increment(ref _ledgerChanges);
        _ledgers.TryRemove(runId, out _);
    }

    /// <summary>Not kept when rows were written while it was made.</summary>
    private void Keep(int runId, LossLedger ledger, int changes)
    {
        if (_ledgers.Count >= KeptLedgers) _ledgers.Clear();
        _ledgers[runId] = ledger;
        if (Volatile.Read(ref _ledgerChanges) != changes) _ledgers.TryRemove(runId, out _);
    }
}
