using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>Rows are numbers in order, so that what stands where can be read off: prompt 1..p, response p+1..n, the end of text last.</summary>
public sealed class OverlongSplitterTests
{
    public static TheoryData<int, int, int> Shapes => new() { { 3, 100, 20 }, { 10, 41, 40 }, { 30, 2000, 64 }, { 5, 64, 63 }, { 8, 5000, 2048 }, { 1, 17, 8 } };

    [Theory, MemberData(nameof(Shapes))]
    public void Split_LongRow_LearnsEveryTokenOfTheResponseOnce(int prompt, int length, int maxLength)
    {
        var parts = OverlongSplitter.Split(Row(prompt, length), prompt, maxLength);

        Assert.True(parts.Count > 1);
        Assert.Equal(Enumerable.Range(prompt + 1, length - prompt), parts.SelectMany(part => part.Labels).Where(label => label != TokenExample.NotTrained));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Split_LongRow_KeepsThePromptAndTheLimitInEveryPart(int prompt, int length, int maxLength)
    {
        var parts = OverlongSplitter.Split(Row(prompt, length), prompt, maxLength);

        Assert.All(parts, part => Assert.Equal(Enumerable.Range(1, prompt), part.InputIds.Take(prompt)));
        Assert.All(parts, part => Assert.InRange(part.Length, prompt + 1, maxLength));
        Assert.All(parts, part => Assert.Equal((part.InputIds.Length, (int?)7), (part.Labels.Length, part.RowId)));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Split_LongRow_CutsNoEnd(int prompt, int length, int maxLength)
    {
        var parts = OverlongSplitter.Split(Row(prompt, length), prompt, maxLength);

        // The end of text stands in the last part only, learned, behind as much of the answer as fits.
        Assert.Equal([parts.Count - 1], parts.Select((part, i) => (part, i)).Where(one => one.part.InputIds.Contains(length)).Select(one => one.i));
        Assert.Equal(length, parts[^1].Labels[^1]);
        Assert.Equal(Enumerable.Range(length - (maxLength - prompt) + 1, maxLength - prompt), parts[^1].InputIds.Skip(prompt));
    }

    [Fact]
    public void Split_LaterParts_SeeWhatLedToTheFirstTokenTheyLearn()
    {
        var parts = OverlongSplitter.Split(Row(4, 100), 4, 24);

        // 20 tokens of room, a quarter of them repeated.
        Assert.All(parts.Skip(1), part =>
        {
            var first = Array.FindIndex(part.Labels, label => label != TokenExample.NotTrained);
            Assert.Equal(4 + 5, first);
            Assert.Equal(Enumerable.Range(part.InputIds[first] - 5, 5), part.InputIds.Skip(4).Take(5));
        });
    }

    [Fact]
    public void Split_ThoughtThatIsOnlyShown_GivesNoPartThatLearnsNothing()
    {
        var row = Row(4, 100);
        Array.Fill(row.Labels, TokenExample.NotTrained, 0, 90);

        var parts = OverlongSplitter.Split(row, 4, 40);

        Assert.Equal(Enumerable.Range(91, 10), Assert.Single(parts).Labels.Where(label => label != TokenExample.NotTrained));
    }

    [Theory]
    [InlineData(10, 20, 20, 1)]
    [InlineData(30, 40, 20, 0)]
    [InlineData(17, 40, 20, 0)]
    public void Split_ShortRowOrLongPrompt_IsWholeOrNothing(int prompt, int length, int maxLength, int parts) =>
        Assert.Equal(parts, OverlongSplitter.Split(Row(prompt, length), prompt, maxLength).Count);

    // A prompt may take three quarters of the length: of 100, room of 25 is enough and of 24 is not. Of 12 or less, 4 are needed.
    [Theory]
    [InlineData(75, 100, true)]
    [InlineData(76, 100, false)]
    [InlineData(8, 12, true)]
    [InlineData(9, 12, false)]
    public void Split_RoomBehindThePrompt_IsAQuarterAtLeast(int prompt, int maxLength, bool isSplit) =>
        Assert.Equal(isSplit, OverlongSplitter.Split(Row(prompt, 3 * maxLength), prompt, maxLength).Count > 1);

    private static TokenExample Row(int prompt, int length)
    {
        int[] ids = [.. Enumerable.Range(1, length)];
        return new TokenExample(ids, [.. ids.Select(id => id <= prompt ? TokenExample.NotTrained : id)], 7);
    }
}
