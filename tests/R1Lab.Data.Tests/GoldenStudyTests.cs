using System.Text.Json.Nodes;
using R1Lab.Data.Statistics;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Whole studies with known results: tests/Golden/statistics/studies.</summary>
public sealed class GoldenStudyTests
{
    private static readonly JsonNode Golden = Read("study.json");
    private static readonly StudyResults Results = SyntheticStudy.Results(Scores(Golden));

    [Fact]
    public void Means_OfTheGoldenStudy_AreOverPromptsWithTIntervals()
    {
        foreach (var one in Golden["expected"]!["means"]!.AsArray())
        {
            var cell = Results.ByCriterion.Single(cell => cell.ModelName == (string)one!["model"]! && cell.Criterion == (string)one["criterion"]!);

            var expected = one!["mean_of_prompts"]!;
            Assert.Equal(((int)one["count"]!, (int)one["cannot_judge"]!, (int)expected["n"]!), (cell.Count, cell.CannotJudge, cell.Prompts));
            Assert.Equal(one["counts"]!.AsArray().Select(count => (int)count!), cell.Counts);
            GoldenStatisticsTests.Near(expected["mean"], cell.Mean);
            GoldenStatisticsTests.Near(expected["low"], cell.Low, 1e-8);
            GoldenStatisticsTests.Near(expected["high"], cell.High, 1e-8);
        }
    }

    [Fact]
    public void Comparisons_OfTheGoldenStudy_AreWithinRaterAndPrompt()
    {
        foreach (var one in Golden["expected"]!["comparisons"]!.AsArray())
        {
            var (first, second) = ((string)one!["first"]!, (string)one["second"]!);
            var comparison = Results.Comparisons.Single(found => found.Criterion == (string)one["criterion"]! && found.First == first && found.Second == second);

            var expected = one["within_rater"]!;
            var interval = comparison.Result.Interval()!;
            GoldenStatisticsTests.Near(expected["interval"]!["mean"], comparison.Result.MeanDifference);
            GoldenStatisticsTests.Near(expected["interval"]!["low"], interval.Low, 1e-8);
            GoldenStatisticsTests.Near(expected["interval"]!["high"], interval.High, 1e-8);
            GoldenStatisticsTests.Near(expected["wilcoxon"]!["p_exact"], comparison.Result.P);
            GoldenStatisticsTests.Near(expected["wilcoxon"]!["rank_biserial"], comparison.Result.RankBiserial);
            GoldenStatisticsTests.Near(expected["holm_p"], comparison.HolmP);
            Assert.Equal((ComparisonRole.Joint, 1 - (0.05 / 6)), (comparison.Role, comparison.Confidence));
            Assert.True(comparison.Low < interval.Low && comparison.High > interval.High);
        }
    }

    [Fact]
    public void Agreement_OfTheGoldenStudy_IsOrdinalAlphaWithAnIntervalAroundIt()
    {
        foreach (var one in Golden["expected"]!["agreement"]!.AsArray())
        {
            var criterion = (string)one!["criterion"]!;
            var agreement = Results.Agreement.Single(found => found.Criterion == criterion);

            GoldenStatisticsTests.Near(one["ordinal"], agreement.Alpha);
            Assert.True(agreement.Low < agreement.Alpha && agreement.Alpha < agreement.High);
            GoldenStatisticsTests.Near(Reliability.OfMean(agreement.Alpha!.Value, agreement.RatersPerAnswer!.Value), agreement.MeanReliability);
            GoldenStatisticsTests.Near(one["nominal"], Alpha(criterion, null, MeasurementLevel.Nominal));
            GoldenStatisticsTests.Near(one["interval"], Alpha(criterion, null, MeasurementLevel.Interval));
            foreach (var (rater, alpha) in one["ordinal_without"]!.AsObject())
                GoldenStatisticsTests.Near(alpha, Alpha(criterion, rater, MeasurementLevel.Ordinal));
        }
    }

    [Fact]
    public void Kappas_OfTheGoldenStudy_AreThoseOfEachPairOfRaters()
    {
        foreach (var one in Golden["expected"]!["kappas"]!.AsArray())
        {
            var raters = one!["raters"]!.AsArray().Select(rater => (string)rater!).ToList();
            var values = Scores(Golden).Where(score => score.Criterion == (string)one["criterion"]! && score.Value is not null)
                .ToDictionary(score => (score.Rater, score.Item, score.Model), score => score.Value!.Value);
            var shared = values.Keys.Where(key => key.Rater == raters[0] && values.ContainsKey(key with { Rater = raters[1] })).ToList();
            int[] first = [.. shared.Select(key => values[key])], second = [.. shared.Select(key => values[key with { Rater = raters[1] }])];

            Assert.Equal((int)one["n"]!, shared.Count);
            GoldenStatisticsTests.Near(one["none"], Kappa.Cohen(first, second));
            GoldenStatisticsTests.Near(one["quadratic"], Kappa.Cohen(first, second, KappaWeights.Quadratic));
        }
    }

    [Fact]
    public void Comparison_StrictRaterWhoCannotJudgeOneModel_IsNoDifference()
    {
        var golden = Read("severity_confounding.json");

        var comparison = Assert.Single(SyntheticStudy.Results(Scores(golden)).Comparisons);

        var expected = golden["expected"]!;
        Assert.Equal(
            ((int)expected["prompts_with_a_rater_who_scored_both"]!, (double)expected["within_rater_mean_difference"]!, null, ComparisonVerdict.NotComparable),
            (comparison.Result.Prompts.Count, comparison.Result.MeanDifference!.Value, comparison.Result.P, comparison.Verdict));
    }

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("statistics", "studies", file)))!;

    private static List<SyntheticScore> Scores(JsonNode study) => [.. study["rows"]!.AsArray().Select(row => new SyntheticScore(
        (int)row!["item"]!, (string)row["rater"]!, (string)row["model"]!, (string?)row["criterion"] ?? "quality", (int?)row["value"]))];

    private static double? Alpha(string criterion, string? without, MeasurementLevel level) => KrippendorffAlpha.Compute(
        [.. Scores(Golden).Where(score => score.Criterion == criterion && score.Rater != without && score.Value is not null)
            .GroupBy(score => (score.Item, score.Model)).Select(IReadOnlyList<double> (unit) => [.. unit.Select(score => (double)score.Value!)])],
        level);
}
