using R1Lab.Data.Runs;

namespace R1Lab.Data.Tests;

public sealed class LossLedgerTests
{
    [Theory]
    [InlineData(2.0, 1.9, 3, 0.5, null, RowVerdict.NeverLearned)]
    [InlineData(2.0, 1.9, 3, 1.9, null, RowVerdict.LittleChanged)] // as good as half of the rows
    [InlineData(2.0, 1.7, 3, 0.5, null, RowVerdict.Learned)]
    [InlineData(2.0, 2.6, 2, 0.5, 1.0, RowVerdict.NeverLearned)]
    [InlineData(2.0, 1.9, 1, 0.5, null, RowVerdict.SeenOnce)]
    [InlineData(1.0, 0.04, 3, 0.5, null, RowVerdict.Memorised)]
    [InlineData(1.0, 0.04, 3, 0.5, 0.9, RowVerdict.Memorised)]
    [InlineData(1.0, 0.04, 3, 0.5, 0.05, RowVerdict.Learned)] // held-out rows are known as well: that is skill
    [InlineData(0.03, 0.01, 3, 0.5, 0.9, RowVerdict.KnownBefore)]
    [InlineData(0.03, 0.9, 3, 0.5, 0.9, RowVerdict.Forgotten)]
    [InlineData(0.03, 0.06, 3, 0.01, 0.9, RowVerdict.LittleChanged)]
    [InlineData(13.5877, 13.5874, 2, 13.6, null, RowVerdict.LittleChanged)]
    [InlineData(0.0501, 0.0499, 2, 0.5, null, RowVerdict.LittleChanged)]
    [InlineData(1.0, 1.05, 2, 2.0, null, RowVerdict.LittleChanged)]
    [InlineData(1.0, 1.5, 2, 2.0, null, RowVerdict.Worsened)]
    [InlineData(1.0, 1.5, 2, 0.5, null, RowVerdict.NeverLearned)]
    [InlineData(2.0, double.NaN, 2, 0.5, null, RowVerdict.LittleChanged)]
    [InlineData(double.NaN, 0.01, 2, 0.5, null, RowVerdict.LittleChanged)]
    [InlineData(2.0, double.PositiveInfinity, 2, 0.5, null, RowVerdict.NeverLearned)]
    public void Of_LossesOfARow_GivesItsVerdict(double first, double last, int passes, double median, double? heldOut, RowVerdict expected)
    {
        var verdict = RowVerdicts.Of(first, last, passes, median, heldOut);

        Assert.Equal(expected, verdict);
    }

    [Fact]
    public void Of_RowsInAnyOrder_KeepsPassesApartAndKnowsTheMedian()
    {
        var ledger = LossLedger.Of([Loss(2, 8, 1), Loss(0, 8, 3), Loss(0, 5, 2), Loss(1, 5, 0.5), Loss(2, 5, 0.2)], null);

        var rows = ledger.Page(LedgerOrder.Row, null, 0, 10).Rows;
        Assert.Equal([5, 8], rows.Select(row => row.RowId));
        Assert.Equal([2, 0.5, 0.2], rows[0].Losses);
        Assert.Equal([3, null, 1], rows[1].Losses);
        Assert.Equal((3, 0.6, 3.0, 1.0), (ledger.Epochs, ledger.Median, rows[1].First, rows[1].Last));
    }

    [Theory]
    [InlineData(LedgerOrder.NeverLearned, new[] { 1, 3, 4, 2 })]
    [InlineData(LedgerOrder.Memorised, new[] { 2, 4, 3, 1 })]
    [InlineData(LedgerOrder.Improved, new[] { 3, 2, 4, 1 })]
    [InlineData(LedgerOrder.Worse, new[] { 1, 4, 2, 3 })]
    [InlineData(LedgerOrder.Row, new[] { 1, 2, 3, 4 })]
    public void Page_Order_SortsRows(LedgerOrder order, int[] expected)
    {
        var ledger = LossLedger.Of([.. Row(1, 2, 2.1), .. Row(2, 1, 0.01), .. Row(3, 6, 0.7), .. Row(4, 0.3, 0.2)], null);

        var (rows, total) = ledger.Page(order, null, 0, 10);

        Assert.Equal(expected, rows.Select(row => row.RowId));
        Assert.Equal(4, total);
    }

    [Fact]
    public void Page_OneVerdict_CountsAndShowsThoseRowsOnly()
    {
        var ledger = LossLedger.Of([.. Row(1, 2, 2.1), .. Row(2, 1, 0.01), .. Row(3, 1, 0.02), .. Row(4, 0.3, 0.2)], null);

        var (rows, total) = ledger.Page(LedgerOrder.Memorised, RowVerdict.Memorised, 1, 10);

        Assert.Equal((2, 3), (total, Assert.Single(rows).RowId));
        Assert.Equal(0, ledger.Page(LedgerOrder.Row, RowVerdict.KnownBefore, 0, 10).Total);
    }

    [Fact]
    public void Of_NoLosses_IsEmpty() => Assert.Equal((0, 0, 0.0), (LossLedger.Empty.Rows, LossLedger.Empty.Epochs, LossLedger.Empty.Median));

    private static RunRowLoss Loss(int epoch, int row, double loss) => new() { Epoch = epoch, RowId = row, Loss = loss };

    private static RunRowLoss[] Row(int row, double first, double last) => [Loss(0, row, first), Loss(1, row, last)];
}
