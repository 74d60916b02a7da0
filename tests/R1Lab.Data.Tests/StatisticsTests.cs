using System.Text.Json.Nodes;
using R1Lab.Data.Statistics;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Expected numbers and their origins: tests/Golden/statistics/golden.json.</summary>
public sealed class StatisticsTests
{
    private static readonly JsonNode Golden = JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("statistics", "golden.json")))!;

    [Theory]
    [InlineData(MeasurementLevel.Nominal, "nominal")]
    [InlineData(MeasurementLevel.Ordinal, "ordinal")]
    [InlineData(MeasurementLevel.Interval, "interval")]
    [InlineData(MeasurementLevel.Ratio, "ratio")]
    public void KrippendorffAlpha_PublishedTable_GivesPublishedNumber(MeasurementLevel level, string name)
    {
        var raters = Golden["krippendorff"]!["observers"]!.AsObject().Select(one => one.Value!.AsArray()).ToList();
        var units = Enumerable.Range(0, raters[0].Count)
            .Select(unit => (IReadOnlyList<double>)[.. raters.Select(rater => rater[unit]).OfType<JsonNode>().Select(value => (double)value)])
            .ToList();

        var alpha = KrippendorffAlpha.Compute(units, level);

        Assert.Equal((double)Golden["krippendorff"]!["alpha"]![name]!, alpha!.Value, 12);
    }

    [Fact]
    public void KrippendorffAlpha_NothingToCompare_IsNull()
    {
        Assert.Null(KrippendorffAlpha.Compute([[1], [2]], MeasurementLevel.Ordinal));
        Assert.Null(KrippendorffAlpha.Compute([[3, 3], [3, 3]], MeasurementLevel.Ordinal));
        Assert.Null(KrippendorffAlpha.Compute([], MeasurementLevel.Ordinal));
    }

    [Theory]
    [InlineData(KappaWeights.None, "kappa")]
    [InlineData(KappaWeights.Linear, "linear")]
    [InlineData(KappaWeights.Quadratic, "quadratic")]
    public void Cohen_GoldenPair_GivesGoldenKappa(KappaWeights weights, string name)
    {
        var golden = Golden["cohen"]!;

        var kappa = Kappa.Cohen(Numbers<int>(golden["rater1"]!), Numbers<int>(golden["rater2"]!), weights);

        Assert.Equal((double)golden[name]!, kappa!.Value, 12);
    }

    [Fact]
    public void Fleiss_PublishedTable_GivesPublishedNumbers()
    {
        var golden = Golden["fleiss"]!;

        var fleiss = Kappa.Fleiss([.. golden["counts"]!.AsArray().Select(row => Numbers<int>(row!))]);

        Assert.Equal((double)golden["p_bar"]!, fleiss.MeanAgreement, 12);
        Assert.Equal((double)golden["p_e"]!, fleiss.ChanceAgreement, 12);
        Assert.Equal((double)golden["kappa"]!, fleiss.Kappa!.Value, 12);
    }

    [Fact]
    public void BradleyTerry_GoldenWins_GivesGoldenScores()
    {
        var golden = Golden["bradley_terry"]!;
        var wins = golden["wins"]!.AsArray().Select(win => new Win((string)win![0]!, (string)win[1]!, (double)win[2]!)).ToList();

        var ranking = BradleyTerry.Fit(wins)!;

        var expected = golden["scores_centred_1000"]!.AsObject().ToDictionary(score => score.Key, score => (double)score.Value!);
        Assert.Equal(expected, ranking.Scores.ToDictionary(score => score.Key, score => Math.Round(score.Value, 2)));
        Assert.False(ranking.Smoothed);
    }

    [Fact]
    public void BradleyTerry_UnbeatenOrUnlinked_IsFiniteOrRefused()
    {
        var unbeaten = BradleyTerry.Fit([new Win("a", "b", 5), new Win("b", "c", 5)])!;
        var unlinked = BradleyTerry.Fit([new Win("a", "b"), new Win("c", "d")]);

        Assert.True(unbeaten.Smoothed);
        Assert.True(unbeaten.Scores["a"] > unbeaten.Scores["b"] && unbeaten.Scores["b"] > unbeaten.Scores["c"]);
        Assert.All(unbeaten.Scores.Values, score => Assert.True(double.IsFinite(score)));
        Assert.Null(unlinked);
    }

    // A chain: each link has its own odds of 5.25 to 0.25, and a and c, who never met, follow from both.
    [Fact]
    public void BradleyTerry_PairsThatNeverMet_GetNoHalfTies()
    {
        var scores = BradleyTerry.Fit([new Win("a", "b", 5), new Win("b", "c", 5)])!.Scores;

        var link = 400 * Math.Log10(5.25 / 0.25);
        Assert.Equal(1000 + link, scores["a"], 1e-6);
        Assert.Equal(1000, scores["b"], 1e-6);
        Assert.Equal(1000 - link, scores["c"], 1e-6);
    }

    [Theory]
    [InlineData(new[] { 2, 1 }, new[] { 3, 0 }, true)]
    [InlineData(new[] { 2, 1 }, new[] { 2, 0 }, false)]
    [InlineData(new[] { 2, 0 }, new[] { 2, 1 }, false)]
    [InlineData(new[] { 1, 0 }, new[] { 0, 1 }, false)]
    public void Fleiss_RatersOfEveryItem_MustBeAsManyAndAtLeastTwo(int[] first, int[] second, bool accepted) =>
        Assert.Equal(accepted, Record.Exception(() => Kappa.Fleiss([first, second])) is not ArgumentException);

    [Fact]
    public void SignedRank_GoldenPairs_GivesGoldenNumbers()
    {
        var golden = Golden["wilcoxon"]!;

        var test = Wilcoxon.SignedRank(Numbers<double>(golden["x"]!), Numbers<double>(golden["y"]!))!;

        Assert.Equal((8, 32.5, 3.5), (test.Pairs, test.WPlus, test.WMinus));
        Assert.Equal((double)golden["z_tie_corrected_no_continuity"]!, test.Z, 12);
        Assert.Equal((double)golden["p_normal"]!, test.PNormal, 12);
        Assert.Equal((double)golden["p_exact_two_sided"]!, test.PExact!.Value, 12);
        Assert.Equal((32.5 - 3.5) / 36, test.RankBiserial, 12);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1.959963984540054, 0.05)]
    [InlineData(-5, 5.733031437583869e-07)]
    public void TwoSided_KnownQuantiles_GivesTheirProbability(double z, double expected) =>
        Assert.Equal(expected, NormalDistribution.TwoSided(z), expected * 1e-12);

    private static IReadOnlyList<T> Numbers<T>(JsonNode node) => [.. node.AsArray().Select(value => value!.GetValue<T>())];
}
