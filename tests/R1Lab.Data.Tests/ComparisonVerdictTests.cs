using R1Lab.Data.Studies;

namespace R1Lab.Data.Tests;

/// <summary>What a study claims in words, and that test and interval both support it.</summary>
public sealed class ComparisonVerdictTests
{
    private static readonly PrimaryComparison Primary = new("c0", "a", "b");

    [Theory]
    [InlineData(ComparisonVerdict.SecondHigher, 1, 1, 2, 1, 1, 2, 1, 1)]
    [InlineData(ComparisonVerdict.FirstHigher, -1, -1, -2, -1, -1, -2, -1, -1)]
    [InlineData(ComparisonVerdict.SecondHigher, 1, 1, 1, 1, 1, 1, 1, 1)] // no interval where nothing varies
    [InlineData(ComparisonVerdict.NoClearDifference, 1, -1, 1, -1, 1, -1, 0, 0)]
    [InlineData(ComparisonVerdict.Equal, 0, 0, 0, 0, 0, 0)]
    [InlineData(ComparisonVerdict.NotComparable, 2, 2, 2, 2)]
    [InlineData(ComparisonVerdict.TooFewPrompts, 2, 1, 2, 1, 2)] // five prompts: p is 0.0625 at best, though the interval lies above zero
    [InlineData(ComparisonVerdict.TooFewPrompts, 2, 1, 2, 0, 0, 0, 0, 0)]
    [InlineData(ComparisonVerdict.Undecided, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -4)] // the test sees one, the interval does not
    public void Verdict_DifferencesOfPrompts_IsWhatBothSupport(ComparisonVerdict expected, params int[] differences)
    {
        var comparison = Assert.Single(Study(differences, null).Comparisons);

        Assert.Equal(expected, comparison.Verdict);
        Assert.Equal(expected is ComparisonVerdict.SecondHigher or ComparisonVerdict.FirstHigher, comparison.IsClaim);
    }

    [Fact]
    public void Verdict_OneRaterMoreOnOneModel_ChangesNoDifference()
    {
        // A strict rater who scores only one of two equal models would pull its mean down.
        List<SyntheticScore> scores = [.. Study8().SelectMany(item => new[] { Score(item, "r1", "a", 4), Score(item, "r1", "b", 4) })];
        scores.AddRange(Study8().SelectMany(item => new[] { Score(item, "strict", "a", null), Score(item, "strict", "b", 1) }));

        var comparison = Assert.Single(SyntheticStudy.Results(scores).Comparisons);

        Assert.Equal((ComparisonVerdict.Equal, 8, 16, 0.0), (comparison.Verdict, comparison.Result.Pairs, comparison.RatedBoth, comparison.Result.MeanDifference!.Value));
        Assert.Equal((0.5, 0.0), (comparison.CannotJudge.First!.Value, comparison.CannotJudge.Second!.Value));
        GoldenStatisticsTests.Near(2 * Math.Pow(0.5, 8), comparison.CannotJudge.P);
        Assert.True(comparison.CannotJudge.Differs);
    }

    [Fact]
    public void Comparisons_WithAPrimary_LeaveItUncorrectedAndTheOthersExploratory()
    {
        var results = ThreeModels(Primary);

        var primary = results.Primary!;
        var others = results.Comparisons.Skip(1).ToList();
        Assert.Same(primary, results.Comparisons[0]);
        Assert.Equal((0.95, primary.Result.P), (primary.Confidence, primary.HolmP));
        Assert.Equal(5, others.Count);
        Assert.All(others, one => Assert.Equal((ComparisonRole.Exploratory, 1 - (0.01 / 5)), (one.Role, Math.Round(one.Confidence, 12))));
        // Holm multiplies the smallest of five by five; a fifth of the level is left for all of them.
        var smallest = others.MinBy(one => one.Result.P)!;
        GoldenStatisticsTests.Near(Math.Min(1, smallest.Result.P!.Value * 25), smallest.HolmP);
    }

    [Fact]
    public void Comparisons_PrimaryAskedTheOtherWayRound_IsShownThatWay()
    {
        var asked = ThreeModels(new PrimaryComparison("c1", "c", "a")).Primary!;
        var plain = ThreeModels(null).Comparisons.Single(one => one is { Criterion: "c1", First: "a", Second: "c" });

        Assert.Equal(("c", "a", -plain.Result.MeanDifference!.Value), (asked.First, asked.Second, asked.Result.MeanDifference!.Value));
    }

    [Fact]
    public void Comparisons_WithoutAPrimary_HaveIntervalsThatHoldTogether()
    {
        var results = ThreeModels(null);

        Assert.Null(results.Primary);
        Assert.All(results.Comparisons, one => Assert.Equal((ComparisonRole.Joint, 1 - (0.05 / 6)), (one.Role, one.Confidence)));
    }

    [Fact]
    public void Results_WithoutTrainedOnPrompts_LeaveThemOutOfEveryNumberButTheirCount()
    {
        List<SyntheticScore> scores = [.. Enumerable.Range(0, 12).SelectMany(item => new[] { Score(item, "r1", "a", 3), Score(item, "r1", "b", item < 4 ? 5 : 3) })];
        StudyResults From(bool without) => SyntheticStudy.Results(scores, null, (item, model) => model == "b" ? item < 4 : null, without);

        var (all, rest) = (From(false), From(true));

        Assert.Equal((4, 12, 12), (all.TrainedOn, all.Submissions, all.Comparisons[0].Result.Prompts.Count));
        Assert.Equal((4, 8, 8), (rest.TrainedOn, rest.Submissions, rest.Comparisons[0].Result.Prompts.Count));
        Assert.Equal((0.0, 3.0), (rest.Comparisons[0].Result.MeanDifference!.Value, rest.ByCriterion.Single(one => one.ModelName == "b").Mean!.Value));
        Assert.Equal([("a", 0, 12), ("b", 4, 0)], rest.Models.Select(model => (model.ModelName, model.TrainedOn, model.Unknown)));
        Assert.True(rest.IsWithoutTrainedOn);
    }

    [Fact]
    public void Means_NearAnEndOfTheScale_SayThatTheirIntervalIsShort()
    {
        List<SyntheticScore> scores = [.. Enumerable.Range(0, 12).SelectMany(item => new[] { Score(item, "r1", "a", item == 0 ? 4 : 5), Score(item, "r1", "b", 3 + (item % 2)) })];

        var cells = SyntheticStudy.Results(scores).ByCriterion;

        Assert.Equal([true, false], cells.Select(cell => cell.IsIntervalShort));
    }

    private static IEnumerable<int> Study8() => Enumerable.Range(0, 8);

    private static SyntheticScore Score(int item, string rater, string model, int? value, string criterion = "c0") => new(item, rater, model, criterion, value);

    /// <summary>One rater whose scores of b are above those of a by the differences.</summary>
    private static StudyResults Study(int[] differences, PrimaryComparison? primary) => SyntheticStudy.Results(
        [.. differences.SelectMany((difference, item) => new[]
        {
            Score(item, "r1", "a", difference < 0 ? 1 - difference : 1), Score(item, "r1", "b", difference < 0 ? 1 : 1 + difference),
        })],
        primary);

    private static StudyResults ThreeModels(PrimaryComparison? primary)
    {
        var random = new Random(5);
        return SyntheticStudy.Results(
            [.. from item in Enumerable.Range(0, 12)
                from criterion in new[] { "c0", "c1" }
                from model in new[] { "a", "b", "c" }
                select Score(item, "r1", model, random.Next(1, 6), criterion)],
            primary);
    }
}
