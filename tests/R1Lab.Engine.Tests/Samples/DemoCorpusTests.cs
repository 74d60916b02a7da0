using R1Lab.Samples;
using R1Lab.Samples.Corpus;
using R1Lab.Samples.Problems;

namespace R1Lab.Engine.Tests.Samples;

public sealed class DemoCorpusTests
{
    [Fact]
    public void Splits_ByProblem_ShareNothing()
    {
        var held = DemoCorpus.HeldOut().Select(problem => problem.Key).ToHashSet();
        var tuned = DemoCorpus.FineTuning().Select(problem => problem.Key).ToHashSet();

        var preTrained = DemoCorpus.PreTraining().Take(50_000).Select(problem => problem.Key).ToHashSet();

        Assert.Equal((DemoCorpus.HeldOutRows, DemoCorpus.FineTuningRows), (held.Count, tuned.Count));
        Assert.Empty(held.Intersect(tuned));
        Assert.Empty(held.Concat(tuned).Intersect(preTrained));
    }

    [Fact]
    public void CommittedDatasets_AreWhatTheGeneratorMakes()
    {
        Assert.Equal(CorpusFile.Text(DemoCorpus.FineTuning()), File.ReadAllText(SampleFolders.FineTuningRows));
        Assert.Equal(CorpusFile.Text(DemoCorpus.HeldOut()), File.ReadAllText(SampleFolders.HeldOutRows));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(20260101UL)]
    public void FineTuning_SameSeed_SameRowsAndOnlyThose(ulong seed)
    {
        var rows = DemoCorpus.FineTuning(seed);

        Assert.Equal(rows, DemoCorpus.FineTuning(seed));
        Assert.NotEqual(rows, DemoCorpus.FineTuning(seed + 17));
    }

    [Fact]
    public void PreTraining_HoldsNoComposedKind()
    {
        var composed = ComposedKinds.All.Select(kind => kind.Name).ToHashSet();

        var seen = DemoCorpus.PreTraining().Take(20_000).Select(problem => problem.Kind).ToHashSet();

        Assert.Empty(composed.Intersect(seen));
    }

    [Theory]
    [InlineData(47, '+', 38, "47+38：个位7+8=15，十位4+3+1=8，得85", "47+38: ones 7+8=15, tens 4+3+1=8, so 85")]
    [InlineData(62, '-', 38, "62-38：个位12-8=4，十位6-1-3=2，得24", "62-38: ones 12-8=4, tens 6-1-3=2, so 24")]
    [InlineData(7, '×', 24, "24×7：个位4×7=28，十位2×7+2=16，得168", "24×7: ones 4×7=28, tens 2×7+2=16, so 168")]
    [InlineData(15, '-', 8, "15-8=7", "15-8=7")]
    [InlineData(56, '÷', 8, "8×7=56，56÷8=7", "8×7=56, 56÷8=7")]
    public void Write_OneStep_AsAChildWritesIt(int left, char sign, int right, string chinese, string english)
    {
        var step = new ArithmeticStep(left, sign, right);

        Assert.Equal((chinese, english), (WrittenCalculation.Write(step, Language.Chinese), WrittenCalculation.Write(step, Language.English)));
    }

    [Fact]
    public void EveryRow_EndsWithTheResultOfItsLastStep()
    {
        var rows = DemoCorpus.FineTuning().Concat(DemoCorpus.HeldOut()).Concat(DemoCorpus.PreTraining().Take(5_000)).Where(row => row.Kind != "small talk");

        var wrong = rows.Where(row => Number(row.Thought.AsSpan(LastNonDigit(row.Thought) + 1)) != Number(row.Answer));

        Assert.Empty(wrong);
    }

    private static int LastNonDigit(string text) => text.AsSpan().LastIndexOfAnyExceptInRange('0', '9');

    private static int Number(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return int.Parse(end < 0 ? text : text[..end]);
    }
}
