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
}
