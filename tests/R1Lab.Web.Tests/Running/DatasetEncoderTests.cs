using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Running;
using R1Lab.Web.Tests.Pages;

namespace R1Lab.Web.Tests.Running;

/// <summary>Encoding is the slow part of a check, so it happens once for a version of the data, a model and a policy.</summary>
public sealed class DatasetEncoderTests : RunPageTest
{
    private static readonly TrainingRecipe Recipe = new() { Model = TinyRuns.ThinkingModel, Dataset = "talk", MaxLength = 64 };

    [Fact]
    public async Task EncodeAsync_AnotherLengthOrRate_UsesTheSameTokens()
    {
        var dataset = await AddAsync();

        var first = await EncodeAsync(Recipe, dataset);
        var second = await EncodeAsync(Recipe with { MaxLength = 30, OverlongRows = OverlongRows.Split, LearningRate = 1 }, dataset);

        Assert.Same(first.Set.Corpus, second.Set.Corpus);
        Assert.All(second.Set.Examples, example => Assert.InRange(example.Length, 1, 30));
    }

    [Fact]
    public async Task EncodeAsync_AnotherPolicyOrVersion_ReadsAgain()
    {
        var dataset = await AddAsync();
        var first = await EncodeAsync(Recipe, dataset);

        var policy = await EncodeAsync(Recipe with { ThinkingPolicy = ThinkingPolicy.NoThinking }, dataset);
        await Get<DatasetStore>().AddRowAsync(Actors.Lab, dataset.Id, new NewRow("3+3?", "6"), TestContext.Current.CancellationToken);
        var changed = await EncodeAsync(Recipe, (await Get<DatasetStore>().GetAsync(dataset.Id, TestContext.Current.CancellationToken))!);

        Assert.NotSame(first.Set.Corpus, policy.Set.Corpus);
        Assert.Equal((2, 3), (first.Set.Rows, changed.Set.Rows));
    }

    [Fact]
    public async Task EncodeAsync_CallerStopsWaiting_TheNextOneFindsTheWork()
    {
        var dataset = await AddAsync();
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EncodeAsync(Recipe, dataset, gone.Token));

        Assert.Equal(2, (await EncodeAsync(Recipe, dataset)).Set.Rows);
    }

    private Task<Dataset> AddAsync() => TinyRuns.AddTextDatasetAsync(Get<DatasetStore>(), ("1+1?", "<think>1+1=2</think>2"), ("2+2?", "<think>2+2=4, as everybody knows who ever counted</think>4"));

    private async Task<EncodedRows> EncodeAsync(TrainingRecipe recipe, Dataset dataset, CancellationToken? cancellation = null)
    {
        var model = await Get<ModelChooser>().ChooseAsync(recipe, [], TestContext.Current.CancellationToken);
        return await Get<DatasetEncoder>().EncodeAsync(recipe, model!, dataset, cancellation ?? TestContext.Current.CancellationToken);
    }
}
