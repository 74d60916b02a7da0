using R1Lab.Bench;
using R1Lab.Bench.Training;
using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Tests.Training;

/// <summary>The rows that training is measured on.</summary>
public sealed class MeasuredRowsTests
{
    [Fact]
    public void For_PackedLines_HasRowsOfManyLengthsThatFillEveryStep()
    {
        var options = TrainOptions.Of(new CommandOptions(["--device", "cpu", "--packing", "on", "--batch", "4", "--length", "256", "--steps", "5", "--warm-up", "2"]));

        var rows = MeasuredRows.For(options, vocabulary: 100);

        Assert.All(rows, row => Assert.InRange(row.Length, 64, 256));
        Assert.True(rows.Select(row => row.Length).Distinct().Count() > 10);
        Assert.True(rows.Sum(row => row.Length) >= 7 * 4 * 256);
    }

    [Fact]
    public void LengthOfEqualWork_RowsOfTwoLengths_CountsEachByItsTokens()
    {
        IReadOnlyList<TokenExample> rows = [.. MeasuredRun.RandomRows(1, 100, 10), .. MeasuredRun.RandomRows(1, 300, 10)];

        Assert.Equal(250, MeasuredRows.LengthOfEqualWork(rows)); // a quarter of the tokens in rows of 100, the rest in rows of 300
    }
}
