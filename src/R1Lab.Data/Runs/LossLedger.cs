namespace R1Lab.Data.Runs;

/// <summary>How the rows of a ledger are sorted.</summary>
public enum LedgerOrder
{
    /// <summary>Highest last loss first, rows that were never learned before all others.</summary>
    NeverLearned,

    /// <summary>Lowest last loss first, memorised rows before all others.</summary>
    Memorised,

    /// <summary>Largest fall of the loss first.</summary>
    Improved,

    /// <summary>Largest rise of the loss first.</summary>
    Worse,

    /// <summary>As they stand in the dataset.</summary>
    Row,
}

/// <summary>One row over all passes.</summary>
/// <param name="Losses">One an epoch of the run; null where the pass did not see the row.</param>
/// <param name="Tokens">Learned tokens.</param>
public sealed record LedgerRow(int RowId, IReadOnlyList<double?> Losses, int Tokens, double First, double Last, RowVerdict Verdict)
{
    /// <summary>Negative where the row was learned.</summary>
    public double Change => Last - First;
}

/// <summary>The losses of a run's rows, row by row: what was never learned, and what was learned by heart.</summary>
public sealed class LossLedger
{
    private readonly IReadOnlyList<LedgerRow> _rows;

    private LossLedger(IReadOnlyList<LedgerRow> rows, int epochs, double median, double? heldOut)
    {
        (_rows, Epochs, Median, HeldOut) = (rows, epochs, median, heldOut);
        Counts = rows.GroupBy(row => row.Verdict).ToDictionary(group => group.Key, group => group.Count());
    }

    public static LossLedger Empty { get; } = Of([], null);

    public int Rows => _rows.Count;

    /// <summary>Passes that saw at least one row.</summary>
    public int Epochs { get; }

    /// <summary>Of the last losses; 0 without rows.</summary>
    public double Median { get; }

    /// <summary>Loss of the newest evaluation.</summary>
    public double? HeldOut { get; }

    /// <summary>Rows a verdict; verdicts nobody got are left out.</summary>
    public IReadOnlyDictionary<RowVerdict, int> Counts { get; }

    /// <param name="losses">In any order.</param>
    /// <param name="heldOut">Loss of the newest evaluation; null without one.</param>
    public static LossLedger Of(IReadOnlyList<RunRowLoss> losses, double? heldOut)
    {
        var epochs = losses.Count == 0 ? 0 : losses.Max(loss => loss.Epoch) + 1;
        var rows = losses.GroupBy(loss => loss.RowId).Select(row => row.OrderBy(loss => loss.Epoch).ToArray()).ToList();
        var median = MiddleOf([.. rows.Select(row => row[^1].Loss)]);
        return new([.. rows.Select(row => Judge(row, epochs, median, heldOut)).OrderBy(row => row.RowId)], epochs, median, heldOut);
    }

    /// <summary>Some of the rows in the order asked for, and how many there are.</summary>
    /// <param name="only">Rows of one verdict; null for all.</param>
    public (IReadOnlyList<LedgerRow> Rows, int Total) Page(LedgerOrder order, RowVerdict? only, int offset, int limit)
    {
        var wanted = only is { } verdict ? _rows.Where(row => row.Verdict == verdict) : _rows;
        var total = only is { } one ? Counts.GetValueOrDefault(one) : _rows.Count;
        return ([.. Sorted(wanted, order).Skip(offset).Take(limit)], total);
    }

    private static IEnumerable<LedgerRow> Sorted(IEnumerable<LedgerRow> rows, LedgerOrder order) => order switch
    {
        LedgerOrder.NeverLearned => rows.OrderByDescending(row => row.Verdict == RowVerdict.NeverLearned).ThenByDescending(row => row.Last).ThenBy(row => row.RowId),
        LedgerOrder.Memorised => rows.OrderByDescending(row => row.Verdict == RowVerdict.Memorised).ThenBy(row => row.Last).ThenBy(row => row.RowId),
        LedgerOrder.Improved => rows.OrderBy(row => row.Change).ThenBy(row => row.RowId),
        LedgerOrder.Worse => rows.OrderByDescending(row => row.Change).ThenBy(row => row.RowId),
        _ => rows,
    };

    private static LedgerRow Judge(RunRowLoss[] row, int epochs, double median, double? heldOut)
    {
        var losses = new double?[epochs];
        foreach (var loss in row) losses[loss.Epoch] = loss.Loss;
        var (first, last) = (row[0].Loss, row[^1].Loss);
        return new(row[0].RowId, losses, row[^1].Tokens, first, last, RowVerdicts.Of(first, last, row.Length, median, heldOut));
    }

    private static double MiddleOf(double[] values)
    {
        if (values.Length == 0) return 0;

        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }
}
