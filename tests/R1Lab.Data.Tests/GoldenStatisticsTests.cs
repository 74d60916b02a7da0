using System.Text.Json.Nodes;
using R1Lab.Data.Statistics;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Single functions on inputs with known values: tests/Golden/statistics/studies/single_functions.json.</summary>
public sealed class GoldenStatisticsTests
{
    private static readonly JsonNode Golden =
        JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("statistics", "studies", "single_functions.json")))!;

    /// <summary>1e-9 relative, as the golden files ask; tiny numbers may differ by rounding.</summary>
    internal static void Near(double expected, double? actual, double tolerance = 1e-9)
    {
        Assert.NotNull(actual);
        Assert.InRange(actual.Value, expected - Allowed(), expected + Allowed());
        double Allowed() => Math.Max(1e-15, Math.Abs(expected) * tolerance);
    }

    internal static void Near(JsonNode? expected, double? actual, double tolerance = 1e-9)
    {
        if (expected is null) Assert.Null(actual);
        else Near((double)expected, actual, tolerance);
    }

    [Fact]
    public void SignedRank_EveryGoldenCase_GivesItsNumbers()
    {
        foreach (var one in Golden["wilcoxon"]!.AsArray())
        {
            var test = Wilcoxon.SignedRank(Numbers(one!["differences"]!));

            if (one["expected"] is not { } expected)
            {
                Assert.Null(test);
                continue;
            }

            Assert.Equal((int)expected["pairs"]!, test!.Pairs);
            Near(expected["w_plus"], test.WPlus);
            Near(expected["w_minus"], test.WMinus);
            Near(expected["z"], test.Z, 1e-8);
            Near(expected["p_normal"], test.PNormal);
            Near(expected["rank_biserial"], test.RankBiserial);
            if (test.Pairs <= Wilcoxon.ExactLimit) Near(expected["p_exact"], test.PExact);
            else Assert.Null(test.PExact);
            Near(test.PExact is null ? expected["p_normal"] : expected["p_exact"], test.P);
        }
    }

    [Fact]
    public void SignedRank_EqualOnPaperButNotInDoubles_Ties()
    {
        foreach (var one in Golden["wilcoxon"]!.AsArray().Where(one => one!["expected"] is not null))
        {
            var thirds = one!["thirds"]!.AsArray().Select(pair => (Up: (int)pair![0]!, Down: (int)pair[1]!)).ToList();
            // The same fractions as sums of thirds, as means over raters come about.
            double[] summed = [.. thirds.Select(pair => Enumerable.Repeat(Math.Sign(pair.Up) / (double)pair.Down, Math.Abs(pair.Up)).Sum())];

            var test = Wilcoxon.SignedRank(summed)!;

            Near(one["expected"]!["w_plus"], test.WPlus);
            Near(one["expected"]!["z"], test.Z, 1e-8);
        }
    }

    [Fact]
    public void SignedRank_ManyDifferentValues_GivesTheRanksThatAreCountedByHand()
    {
        // 60 different sizes with signs drawn by a seed: every rank is itself, so that the sum is known from the signs alone.
        var random = new Random(20);
        double[] differences = [.. Enumerable.Range(1, 60).Select(size => (random.Next(2) == 0 ? -1 : 1) * (0.5 + (size * 1e-6)))];
        var expected = Enumerable.Range(1, 60).Where(size => differences[size - 1] > 0).Sum();
        random.Shuffle(differences);

        var test = Wilcoxon.SignedRank(differences)!;

        Assert.Equal((60, expected, 1830 - expected), (test.Pairs, (int)test.WPlus, (int)test.WMinus));
        Near((Math.Min(expected, 1830 - expected) - 915) / Math.Sqrt(60.0 * 61 * 121 / 24), test.Z, 1e-8);
    }

    [Theory]
    [InlineData(25, true)]
    [InlineData(26, false)]
    public void SignedRank_AroundTheExactLimit_IsExactUpToIt(int pairs, bool exact)
    {
        // All in one direction but the smallest: exactly two sign patterns are as extreme on either side.
        double[] differences = [.. Enumerable.Range(1, pairs).Select(size => size == 1 ? -1.0 : size)];

        var test = Wilcoxon.SignedRank(differences)!;

        Assert.Equal(exact, test.PExact is not null);
        Near(exact ? 4 * Math.Pow(0.5, pairs) : test.PNormal, test.P, 1e-12);
        Near(2 * Math.Pow(0.5, pairs), test.SmallestP);
    }

    [Fact]
    public void Holm_EveryGoldenCase_GivesItsNumbers()
    {
        foreach (var one in Golden["holm"]!.AsArray())
        {
            var adjusted = Holm.Correct([.. one!["p"]!.AsArray().Select(p => (double?)p)]);

            var expected = one["expected"]!.AsArray();
            Assert.Equal(expected.Count, adjusted.Count);
            for (var index = 0; index < expected.Count; index++) Near(expected[index], adjusted[index]);
        }
    }

    [Fact]
    public void SignTest_EveryGoldenCase_GivesItsP()
    {
        foreach (var one in Golden["sign_test"]!.AsArray()) Near(one!["p"], SignTest.P((int)one["wins"]!, (int)one["losses"]!));
        Near(2 * Math.Pow(0.5, 900), SignTest.P(900, 0), 1e-8);
        Near(1, SignTest.P(2000, 2000), 1e-8);
    }

    [Fact]
    public void StudentT_EveryGoldenQuantile_IsFoundAndLeadsBack()
    {
        foreach (var (freedom, quantile) in Golden["t_quantile_975"]!.AsObject())
        {
            var degrees = int.Parse(freedom, System.Globalization.CultureInfo.InvariantCulture);

            Near(quantile, StudentT.Quantile(0.95, degrees), 1e-8);
            Near(0.05, StudentT.TwoSided((double)quantile!, degrees), 1e-8);
        }

        Near(1, StudentT.TwoSided(0, 3));
        // One degree of freedom is the Cauchy distribution, two have a closed form.
        Near(1 - (2 / Math.PI * Math.Atan(7.5)), StudentT.TwoSided(-7.5, 1), 1e-8);
        Near(1 - (3 / Math.Sqrt(11)), StudentT.TwoSided(3, 2), 1e-8);
    }

    [Fact]
    public void MeanInterval_EveryGoldenCase_GivesItsNumbers()
    {
        foreach (var one in Golden["t_interval"]!.AsArray())
        {
            var interval = MeanInterval.Student(Numbers(one!["values"]!))!;

            var expected = one["expected"]!;
            Assert.Equal((int)expected["n"]!, interval.Count);
            Near(expected["mean"], interval.Mean);
            Near(expected["sd"], interval.StandardDeviation);
            Near(expected["low"], interval.Low, 1e-8);
            Near(expected["high"], interval.High, 1e-8);
        }

        Assert.Null(MeanInterval.Student([]));
    }

    [Fact]
    public void MeanIntervalOfPrompts_FewOrEqualValues_HasNoEnds()
    {
        const double third = 1.0 / 3;

        Assert.Null(MeanInterval.OfPrompts([1, 2, 3, 4])!.Low);
        Assert.NotNull(MeanInterval.OfPrompts([1, 2, 3, 4, 5])!.Low);
        Assert.Null(MeanInterval.OfPrompts([3, 3, 3, 3, 3, 3])!.High);
        Assert.Null(MeanInterval.OfPrompts([2 * third, third + third, 1 - third, 2.0 / 3, 2 * third])!.Low);
        Assert.True(MeanInterval.OfPrompts([1, 2, 3, 4, 5], 0.99)!.Low < MeanInterval.OfPrompts([1, 2, 3, 4, 5])!.Low);
    }

    [Fact]
    public void BradleyTerry_EveryGoldenCase_GivesItsScoresOrNone()
    {
        foreach (var one in Golden["bradley_terry"]!.AsArray())
        {
            var ranking = BradleyTerry.Fit([.. one!["wins"]!.AsArray().Select(win => new Win((string)win![0]!, (string)win[1]!, (double)win[2]!))]);

            var expected = one["expected"]!;
            Assert.Equal((bool)expected["connected"]!, ranking is not null);
            if (ranking is null) continue;
            Assert.Equal((bool)expected["smoothed"]!, ranking.Smoothed);
            foreach (var (name, score) in expected["scores"]!.AsObject()) Near(score, ranking.Scores[name], 1e-8);
        }
    }

    [Fact]
    public void CohenAndPromptsNeeded_EveryGoldenCase_GiveTheirNumbers()
    {
        foreach (var one in Golden["cohen_undefined"]!.AsArray())
        {
            int[] first = [.. one!["a"]!.AsArray().Select(value => (int)value!)], second = [.. one["b"]!.AsArray().Select(value => (int)value!)];
            Near(one["quadratic"], Kappa.Cohen(first, second, KappaWeights.Quadratic));
            if (one.AsObject().ContainsKey("none")) Near(one["none"], Kappa.Cohen(first, second));
        }

        foreach (var one in Golden["prompts_needed"]!.AsArray())
            Assert.Equal((int)one!["normal"]!, PairedComparison.PromptsNeeded((double)one["sd"]!, (double)one["difference"]!));
    }

    [Fact]
    public void AlphaEstimate_LeavesOnePromptOutAtATime()
    {
        var random = new Random(8);
        List<IReadOnlyList<IReadOnlyList<double>>> prompts = [.. Enumerable.Range(0, 9).Select(_ => (IReadOnlyList<IReadOnlyList<double>>)
            [.. Enumerable.Range(0, 2).Select(_ => (IReadOnlyList<double>)[.. Enumerable.Range(0, 3).Select(_ => (double)random.Next(1, 6))])])];
        double Alpha(int without) => KrippendorffAlpha.Compute([.. prompts.Where((_, index) => index != without).SelectMany(units => units)], MeasurementLevel.Ordinal)!.Value;
        double[] left = [.. Enumerable.Range(0, 9).Select(Alpha)];
        var half = 2.306004135204166 * Math.Sqrt(8.0 / 9 * left.Sum(one => (one - left.Average()) * (one - left.Average()))); // t of 8 degrees of freedom

        var estimate = KrippendorffAlpha.Estimate(prompts, MeasurementLevel.Ordinal)!;

        Near(Alpha(-1), estimate.Alpha);
        Near(Math.Max(-1, Alpha(-1) - half), estimate.Low, 1e-8);
        Near(Math.Min(1, Alpha(-1) + half), estimate.High, 1e-8);
        Assert.Null(KrippendorffAlpha.Estimate([.. prompts.Take(4)], MeasurementLevel.Ordinal)!.Low);
        Assert.NotNull(KrippendorffAlpha.Estimate([.. prompts.Take(5)], MeasurementLevel.Ordinal)!.Low);
        Assert.Null(KrippendorffAlpha.Estimate([[[3, 3]], [[3, 3]]], MeasurementLevel.Ordinal));
        Assert.Null(KrippendorffAlpha.Estimate([.. Enumerable.Range(0, 6).Select(_ => (IReadOnlyList<IReadOnlyList<double>>)[[2, 2], [4, 4]])], MeasurementLevel.Ordinal)!.High);
    }

    [Fact]
    public void Reliability_OfMean_FollowsSpearmanAndBrown()
    {
        Near(0.4, Reliability.OfMean(0.4, 1));
        Near(2.0 / 3, Reliability.OfMean(0.4, 3));
        Near(0, Reliability.OfMean(-0.2, 3));
    }

    private static double[] Numbers(JsonNode node) => [.. node.AsArray().Select(value => (double)value!)];
}
