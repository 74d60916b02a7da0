using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Tests.Datasets;

public sealed class BatcherTests
{
    private static readonly BatchSettings InOrder = new(2, 2, null, Shuffle: false, Seed: 7);

    private static TokenExample[] Rows(params int[] lengths) =>
        [.. lengths.Select((length, row) => new TokenExample([.. Enumerable.Range(10 * row, length)], [-100, .. Enumerable.Range(10 * row + 1, length - 1)], row))];

    [Fact]
    public void Next_FileOrder_WrapsAcrossTheEnd()
    {
        var batcher = new Batcher(Rows(3, 3, 3), InOrder);

        Assert.Equal([0, 1, 2, 0], batcher.Next().Rows);
        Assert.Equal([1, 2, 0, 1], batcher.Next().Rows);
        Assert.Equal((2, 8.0 / 3), (batcher.Position.Epoch, batcher.Epoch));
    }

    [Fact]
    public void Next_PaddedBatch_ScoresEveryLearnedTokenAfterTheFirst()
    {
        var rows = new[] { new TokenExample([5, 6, 7], [5, -100, 7]), new TokenExample([8, 9, 10, 11], [-100, -100, 10, 11]) };

        var batch = Assert.Single(new Batcher(rows, InOrder with { Accumulation = 1 }).Next().MicroBatches);

        Assert.Equal([5L, 6, 7, 0, 8, 9, 10, 11], batch.InputIds);
        Assert.Equal([1L, 5, 6], batch.Scored);
        Assert.Equal([7L, 10, 11], batch.Targets);
        Assert.Equal((2, 4, 7), (batch.Lines, batch.Length, batch.Tokens));
    }

    [Fact]
    public void Next_Shuffled_TakesEveryRowOnceAnEpochInADifferentOrderEachTime()
    {
        var batcher = new Batcher(Rows([.. Enumerable.Repeat(2, 20)]), InOrder with { Shuffle = true, BatchSize = 20, Accumulation = 1 });

        var (first, second) = (batcher.Next().Rows, batcher.Next().Rows);

        Assert.Equal(Enumerable.Range(0, 20), first.Order());
        Assert.Equal(Enumerable.Range(0, 20), second.Order());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Position_SetBack_RepeatsTheSameSteps()
    {
        var settings = InOrder with { Shuffle = true, GroupByLength = true };
        var rows = Rows([.. Enumerable.Range(2, 13)]);
        var batcher = new Batcher(rows, settings);
        for (var i = 0; i < 4; i++) batcher.Next();
        var resumed = new Batcher(rows, settings) { Position = batcher.Position };

        Assert.Equal(Enumerable.Range(0, 6).Select(_ => batcher.Next().Rows), Enumerable.Range(0, 6).Select(_ => resumed.Next().Rows));
    }

    [Fact]
    public void Next_EpochsLimit_MakesTheLastStepSmaller()
    {
        var batcher = new Batcher(Rows(2, 2, 2, 2, 2), InOrder with { Epochs = 1.3 });

        Assert.Equal(2, batcher.Steps);
        batcher.Next();
        Assert.Equal([4, 0, 1], batcher.Next().Rows);
        Assert.Throws<InvalidOperationException>(batcher.Next);
    }

    [Fact]
    public void Next_Packed_FillsLinesAndKeepsExamplesApart()
    {
        var batcher = new Batcher(Rows(4, 3, 3, 2), InOrder with { PackTo = 6, Accumulation = 1, Epochs = 1 });

        var batch = Assert.Single(batcher.Next().MicroBatches);

        Assert.Equal([0, 3, 1, 2], batch.Rows);
        Assert.Equal([1L, 1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 2], batch.SegmentIds!);
        Assert.Equal([0L, 1, 2, 3, 0, 1, 0, 1, 2, 0, 1, 2], batch.PositionIds!);
        Assert.Equal([0L, 1, 2, 4, 6, 7, 9, 10], batch.Scored);
        Assert.Equal(1, batcher.Steps);
    }

    // Padded, the two rows of 5 are the widest batch; packed, the two lines of 3 + 3 are.
    [Theory]
    [InlineData(null, 10, new[] { 0, 1 })]
    [InlineData(6, 12, new[] { 2, 3, 4, 5 })]
    public void Largest_PaddedOrPacked_CountsWholeLines(int? packTo, int places, int[] rows)
    {
        var batcher = new Batcher(Rows(5, 5, 3, 3, 3, 3), InOrder with { PackTo = packTo, Accumulation = 1, Epochs = 1 });

        var largest = batcher.Largest(4);

        Assert.Equal((places, default(BatchPosition)), (largest.InputIds.Length, batcher.Position));
        Assert.Equal(rows, largest.Rows);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.05, 1)]
    [InlineData(0.25, 3)]
    [InlineData(0.99, 10)]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(25, 10)]
    public void Count_ShareOrNumber_TellsThemApartAtOne(double valSize, int expected) =>
        Assert.Equal(expected, EvaluationSplit.Count(10, valSize));

    [Fact]
    public void Next_GroupedByLength_PadsLess()
    {
        var rows = Rows([.. Enumerable.Range(0, 64).Select(i => 2 + i * 37 % 64)]);
        int Padding(bool grouped) => new Batcher(rows, new BatchSettings(4, 16, 1, true, 1, grouped)).Next().MicroBatches.Sum(batch => batch.InputIds.Length - batch.Tokens);

        Assert.True(Padding(true) < Padding(false) / 2);
    }

    [Fact]
    public void Split_Seeded_HoldsTheShareOutAndKeepsOrder()
    {
        var (train, held) = EvaluationSplit.Split(Enumerable.Range(0, 25).ToArray(), 0.1, seed: 3);

        Assert.Equal(3, held.Count);
        Assert.Equal(Enumerable.Range(0, 25), train.Concat(held).Order());
        Assert.Equal(train.Order(), train);
        Assert.Equal(held, EvaluationSplit.Split(Enumerable.Range(0, 25).ToArray(), 0.1, seed: 3).Evaluation);
    }
}
