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

    [Fact]
    public void Bootstrap_RatersThatAgreeWithinPrompts_HasTheWidthOfThePromptsNotOfTheScores()
    {
        IReadOnlyList<IReadOnlyList<double>> prompts = [.. Enumerable.Range(0, 40).Select(prompt => (IReadOnlyList<double>)Enumerable.Repeat(prompt % 2 == 0 ? 2.0 : 4.0, 5).ToList())];

        var byPrompt = Means.Bootstrap(prompts, 1000, seed: 1)!;
        var byScore = Means.Bootstrap([.. prompts.SelectMany(prompt => prompt).Select(score => (IReadOnlyList<double>)[score])], 1000, seed: 1)!;

        Assert.Equal((200, 3.0), (byPrompt.Count, byPrompt.Mean));
        // The standard error of 40 prompts with spread 1 is 1 / sqrt(40) = 0.158; that of 200 independent scores would be 0.071.
        Assert.InRange(byPrompt.High - byPrompt.Low, 0.5, 0.75);
        Assert.InRange(byScore.High - byScore.Low, 0.2, 0.35);
        Assert.Equal(byPrompt, Means.Bootstrap(prompts, 1000, seed: 1));
        Assert.Null(Means.Bootstrap([[]], 1000, seed: 1));
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

    [Fact]
    public void Holm_ThreeValues_AdjustsStepByStep()
    {
        var adjusted = PairedComparison.Holm([0.04, 0.01, 0.03]);

        Assert.Equal([0.06, 0.03, 0.06], adjusted.Select(p => Math.Round(p, 12)));
        Assert.Equal(88, PairedComparison.PromptsNeeded(1, 0.3));
    }

    private static IReadOnlyList<T> Numbers<T>(JsonNode node) => [.. node.AsArray().Select(value => value!.GetValue<T>())];
}
