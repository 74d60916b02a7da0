using R1Lab.Engine.Datasets;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>A trial on a part of the rows: always the same part for a seed, and a fair one.</summary>
public sealed class SampledRowsTests
{
    private static readonly TokenExample[] Rows = [.. Enumerable.Range(0, 5000).Select(id => new TokenExample([1, 2], [1, 2], id + 100))];

    [Fact]
    public void Of_MoreRowsThanWanted_TakesSoManyInTheirOrder()
    {
        var sample = SampledRows.Of(Rows, 1000, 42);

        Assert.Equal(1000, sample.Select(row => row.RowId).Distinct().Count());
        Assert.Equal(sample.OrderBy(row => row.RowId), sample);
        Assert.InRange(sample.Average(row => row.RowId!.Value), 2400, 2800); // from all over the dataset, not its beginning
    }

    [Fact]
    public void Of_SameSeed_IsTheSameSampleAndAnotherSeedAnother()
    {
        Assert.Equal(SampledRows.Of(Rows, 1000, 42), SampledRows.Of(Rows, 1000, 42));
        Assert.NotEqual(SampledRows.Of(Rows, 1000, 42), SampledRows.Of(Rows, 1000, 43));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5000)]
    [InlineData(9000)]
    public void Of_NoFewerWantedThanThereAre_IsAllOfThem(int? most) => Assert.Same(Rows, SampledRows.Of(Rows, most, 42));

    [Fact]
    public void Of_ASample_IsThatSample() => Assert.Equal(SampledRows.Of(Rows, 70, 3), SampledRows.Of(SampledRows.Of(Rows, 70, 3), 70, 3));

    [Fact]
    public void Of_SplitRows_KeepsTheirPartsTogether()
    {
        TokenExample[] parts = [.. Enumerable.Range(0, 300).Select(part => new TokenExample([1], [1], part / 3))];

        var sample = SampledRows.Of(parts, 20, 42);

        Assert.Equal((20, 60), (sample.Select(part => part.RowId).Distinct().Count(), sample.Count));
    }

    [Fact]
    public void Of_RowsWithoutNumbers_ToldApartByPlace() =>
        Assert.Equal(7, SampledRows.Of([.. Enumerable.Range(0, 50).Select(_ => new TokenExample([1], [1]))], 7, 42).Count);

    [Fact]
    public void Of_JobWithASample_TrainsAndEvaluatesOnItsRowsOnly()
    {
        var recipe = new TrainingRecipe { MaxSamples = 200, ValSize = 0.1, Seed = 5 };

        var rows = RunRows.Of(new TrainingJob(recipe, "model", "output", Rows, [], R1Lab.Engine.Devices.ComputeDevice.Cpu));

        Assert.Equal((180, 20), (rows.Train.Count, rows.Evaluation.Count));
        Assert.Equal(SampledRows.Of(Rows, 200, 5).ToHashSet(), rows.Train.Concat(rows.Evaluation).ToHashSet());
    }

    [Fact]
    public void Sample_OfADataset_CountsItsOwnRowsAndTokens()
    {
        var data = EncodedDataset.Of(Rows.Select(row => (row.RowId!.Value, (DatasetRow)new TokenRow(row))), null);

        var sample = data.Sample(1000, 42);

        Assert.Equal((5000, 1000, 2000L, 1000L), (sample.SampledFrom, sample.Examples.Count, sample.Tokens, sample.TrainedTokens));
        Assert.Null(data.Sample(null, 42).SampledFrom);
    }

    [Fact]
    public void Preset_QuickTrial_TakesAThousandRowsAndSaysSoToOtherTools()
    {
        var recipe = TrainingRecipe.Preset("quick_trial") with { Model = "m", Dataset = "d" };

        var written = RecipeExchange.Export(recipe, RecipeFormat.LlamaFactory);

        Assert.Equal((1000, null), (recipe.MaxSamples, TrainingRecipe.Preset("recommended").MaxSamples));
        Assert.Contains("max_samples: 1000", written.Text, StringComparison.Ordinal);
        Assert.Equal(1000, RecipeExchange.Import(written.Text).Recipe.MaxSamples);
        Assert.Contains(RecipeExchange.Export(recipe, RecipeFormat.Axolotl).Values, value => value is { Kind: Carriage.NotCarried, Field: "max_samples" });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Problems_SampleOfNoRows_IsAnError(int samples) =>
        Assert.Contains(new TrainingRecipe { Model = "m", Dataset = "d", MaxSamples = samples }.Problems(), problem => problem is { IsError: true, Field: "max_samples" });
}
