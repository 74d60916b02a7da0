using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Models;
using R1Lab.Web.Tests.Pages;
using R1Lab.Web.Training;

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
        await Get<DatasetStore>().AddRowAsync(Actors.Lab, dataset.Id, TestRows.Pair("3+3?", "6"), TestContext.Current.CancellationToken);
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

    /// <summary>The folder is the same, and what the rows become is not.</summary>
    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("chat_template.jinja")]
    public async Task EncodeAsync_TokenizerOrTemplateReplacedOnDisk_ReadsAgain(string file)
    {
        var dataset = await AddAsync();
        using var model = new ModelCopy(TinyRuns.ThinkingModel);
        var recipe = Recipe with { Model = model.Path };
        var first = await EncodeAsync(recipe, dataset);
        Assert.Same(first.Set.Corpus, (await EncodeAsync(recipe, dataset)).Set.Corpus);

        if (file == "tokenizer.json") await File.AppendAllTextAsync(model.File(file), " ", TestContext.Current.CancellationToken);
        else await File.WriteAllTextAsync(model.File(file), "{{ messages[0].content }}{{ messages[0].content }}", TestContext.Current.CancellationToken);

        Assert.NotSame(first.Set.Corpus, (await EncodeAsync(recipe, dataset)).Set.Corpus);
    }

    [Fact]
    public async Task EncodeAsync_MoreBytesThanAreKept_KeepsTheLastAskedForThatFit()
    {
        var dataset = await AddAsync();
        var size = (await EncodeAsync(Recipe, dataset)).Set.Corpus.Bytes;
        var two = new DatasetEncoder(Get<DatasetStore>()) { MostBytes = (2 * size) + (size / 2) };
        var none = new DatasetEncoder(Get<DatasetStore>()) { MostBytes = size / 2 };

        foreach (var policy in Enum.GetValues<ThinkingPolicy>())
        {
            await EncodeAsync(Recipe with { ThinkingPolicy = policy }, dataset, encoder: two);
            await EncodeAsync(Recipe with { ThinkingPolicy = policy }, dataset, encoder: none);
            Assert.InRange(two.KeptBytes, 1, two.MostBytes);
            Assert.Equal(0, none.KeptBytes);
        }

        var last = await EncodeAsync(Recipe with { ThinkingPolicy = Enum.GetValues<ThinkingPolicy>()[^1] }, dataset, encoder: two);
        Assert.Same(last.Set.Corpus, (await EncodeAsync(Recipe with { ThinkingPolicy = Enum.GetValues<ThinkingPolicy>()[^1] }, dataset, encoder: two)).Set.Corpus);
    }

    private Task<Dataset> AddAsync() => TinyRuns.AddTextDatasetAsync(Get<DatasetStore>(), ("1+1?", "<think>1+1=2</think>2"), ("2+2?", "<think>2+2=4, as everybody knows who ever counted</think>4"));

    private async Task<EncodedRows> EncodeAsync(TrainingRecipe recipe, Dataset dataset, CancellationToken? cancellation = null, DatasetEncoder? encoder = null)
    {
        var model = await Get<ModelChooser>().ChooseAsync(recipe, [], TestContext.Current.CancellationToken);
        return await (encoder ?? Get<DatasetEncoder>()).EncodeAsync(recipe, model!, dataset, cancellation ?? TestContext.Current.CancellationToken);
    }
}
