using CsCheck;

namespace R1Lab.Engine.Tests;

public sealed class PropertiesTests
{
    [Fact]
    public void HoldRepeatably_Twice_TriesTheSameCasesAndNoneTwice()
    {
        var (first, second) = (Tried(), Tried());

        Assert.Equal(first, second);
        Assert.Equal(200, first.Distinct().Count());
    }

    [Fact]
    public void HoldRepeatably_ACaseFails_NamesASeedThatFailsToo()
    {
        var failure = Assert.Throws<CsCheckException>(() => Properties.HoldRepeatably(Gen.Int[0, 1_000], OnlyFew, 200));

        var seed = failure.Message.Split('"')[1];
        Assert.Throws<CsCheckException>(() => Gen.Int[0, 1_000].Sample(OnlyFew, seed: seed, iter: 1));
    }

    private static void OnlyFew(int value) => Assert.InRange(value, 0, 900);

    private static List<int> Tried()
    {
        var tried = new List<int>();
        Properties.HoldRepeatably(Gen.Int[0, int.MaxValue - 1].Select(Gen.Shuffle(new[] { 1, 2, 3, 4, 5, 6, 7 }, 1, 7)), pair => tried.Add(HashCode(pair)), 200);
        return tried;
    }

    // The framework's own hash differs from process to process.
    private static int HashCode((int Number, int[] Shuffled) pair) => pair.Shuffled.Aggregate(pair.Number, (hash, one) => unchecked((31 * hash) + one));
}
