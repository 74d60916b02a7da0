using R1Lab.Bench.Rating;

namespace R1Lab.Data.Tests;

/// <summary>A few hundred studies with a known truth each; <c>bench -- rating</c> draws 2,000 a cell. Bounds are three standard errors wider.</summary>
public sealed class RatingSimulationTests
{
    private const int Studies = 400;

    [Theory]
    [InlineData(false, 5)]
    [InlineData(false, 20)]
    [InlineData(true, 20)]
    public void Intervals_OfDifferences_HoldTheTruthAsOftenAsTheySay(bool ceiling, int prompts)
    {
        var world = ceiling ? RatingWorld.Ceiling(0, -0.4) : RatingWorld.Symmetric(0, -0.4);

        var (difference, _) = RatingSimulations.Intervals(world, prompts, Studies, seed: prompts);

        // The percentile bootstrap holds it in 81 % of studies with five prompts.
        Assert.InRange(difference.Share, 0.91, 0.985);
        Assert.InRange(difference.WithoutInterval, 0, 0.02);
    }

    [Fact]
    public void Simulation_SameSeed_IsTheSameAndAnotherIsNot()
    {
        FalseClaims Draw(int seed) => RatingSimulations.CannotJudge(prompts: 8, studies: 60, seed);

        Assert.Equal(Draw(1), Draw(1));
        Assert.Contains([2, 3, 4], seed => Draw(seed) != Draw(1));
    }

    [Fact]
    public void TrueMean_OfAWorld_IsWhereItsScoresGather()
    {
        var world = RatingWorld.Ceiling(0, -1);
        var random = new Random(3);
        var drawn = Enumerable.Range(0, 20_000).Select(_ => world.Draw(random)).Average(scores => (scores[1, 0] + scores[1, 1] + scores[1, 2]) / 3.0);

        Assert.InRange(drawn, world.TrueMean(1) - 0.02, world.TrueMean(1) + 0.02);
    }

    [Fact]
    public void CannotJudge_OfAStrictRaterOnOneOfTwoEqualModels_IsRejectedAsOftenAsTheLevelSays()
    {
        var claims = RatingSimulations.CannotJudge(prompts: 20, Studies, seed: 20);

        // Averaged over whoever scored a model it is every second study.
        Assert.InRange(claims.PValues, 0.015, 0.09);
        Assert.InRange(claims.Intervals, 0.015, 0.09);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ManyComparisons_WithoutAnyDifference_ShowOneInFewStudies(bool primary)
    {
        var claims = RatingSimulations.ManyComparisons(prompts: 20, Studies, seed: 7, primary);

        // Uncorrected, an interval lies beside zero in a third of them.
        Assert.InRange(claims.Anything, 0, 0.095);
        Assert.True(claims.Words <= claims.Intervals && claims.Words <= claims.PValues);
    }
}
