using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Which prompts of a study its models were trained on.</summary>
public sealed class TrainingHistoryTests
{
    [Theory]
    [InlineData("What is 1+1?", " what  is\n1+1", true)]
    [InlineData("1+1等于几？", "1+1 等于几?", true)]
    [InlineData("ＡＢＣ。", "abc", true)]
    [InlineData("1\u200B2", "12", true)]
    [InlineData("1+1", "1-1", false)]
    [InlineData("What is 1+1?", "What is 1+12?", false)]
    public async Task OfAsync_PromptInAnotherWriting_IsFound(string row, string prompt, bool expected)
    {
        await using var lab = await LabFixture.CreateAsync();
        await AddAsync(lab, "tuned", await DatasetAsync(lab, row));

        var trained = await lab.History.OfAsync(["tuned"], Cancel);

        Assert.Equal(expected, trained.Contains("tuned", prompt));
    }

    [Fact]
    public async Task OfAsync_ChainOfRuns_CountsTheRowsOfAllOfThem()
    {
        await using var lab = await LabFixture.CreateAsync();
        var root = await lab.Models.AddAsync(Actors.Lab, new RegisteredModel { Name = "root", Path = "/root", Kind = ModelKind.Base }, Cancel);
        var full = await AddAsync(lab, "full", await DatasetAsync(lab, "first"), start: "/root", kind: ModelKind.Full);
        await AddAsync(lab, "adapter", await DatasetAsync(lab, "second"), start: "full", root: full.Id);
        await AddAsync(lab, "other", await DatasetAsync(lab, "third"), start: "root", root: root.Id);

        var trained = await lab.History.OfAsync(["root", "full", "adapter", "other", "stranger"], Cancel);

        string[] prompts = ["first", "second", "third"];
        Assert.Equal([false, false, false], prompts.Select(prompt => trained.Contains("root", prompt)));
        Assert.Equal([true, false, false], prompts.Select(prompt => trained.Contains("full", prompt)));
        Assert.Equal([true, true, false], prompts.Select(prompt => trained.Contains("adapter", prompt)));
        Assert.Equal([false, false, true], prompts.Select(prompt => trained.Contains("other", prompt)));
        Assert.Equal([null, null, null], prompts.Select(prompt => trained.Contains("stranger", prompt)));
        Assert.Equal(2, trained.Count("adapter", prompts));
    }

    [Fact]
    public async Task OfAsync_HeldOutRows_AreNotTrainedOn()
    {
        await using var lab = await LabFixture.CreateAsync();
        var dataset = await DatasetAsync(lab, "learned", "held out");
        var model = await AddAsync(lab, "tuned", dataset);
        var rows = (await lab.Datasets.PageAsync(dataset, 0, 10, cancellationToken: Cancel)).Rows;
        await lab.Runs.AppendAsync(Actors.Lab, model.RunId!.Value, new RunNews { RowLosses = [new RunRowLoss { RowId = rows[0].Id, Loss = 1, Tokens = 2 }] }, Cancel);

        var trained = await lab.History.OfAsync(["tuned"], Cancel);

        Assert.Equal((true, false), (trained.Contains("tuned", "learned"), trained.Contains("tuned", "held out")));
    }

    [Fact]
    public async Task OfAsync_RowsEditedOrDeletedOrDatasetGone_StaysTrainedOnOrUnknown()
    {
        await using var lab = await LabFixture.CreateAsync();
        var edited = await DatasetAsync(lab, "before", "deleted");
        var rows = (await lab.Datasets.PageAsync(edited, 0, 10, cancellationToken: Cancel)).Rows;
        await AddAsync(lab, "tuned", edited);
        await lab.Datasets.UpdateRowAsync(Actors.Lab, edited, rows[0].Id, TestRows.Pair("after", "r"), cancellationToken: Cancel);
        await lab.Datasets.DeleteRowsAsync(Actors.Lab, edited, [rows[1].Id], cancellationToken: Cancel);
        var gone = await DatasetAsync(lab, "lost");
        await AddAsync(lab, "lost", gone);
        await lab.Datasets.DeleteAsync(Actors.Lab, gone, Cancel);

        var trained = await lab.History.OfAsync(["tuned", "lost"], Cancel);

        Assert.Equal([true, true, true, false], new[] { "before", "after", "deleted", "new" }.Select(prompt => trained.Contains("tuned", prompt)));
        Assert.Null(trained.Contains("lost", "lost"));
    }

    [Fact]
    public async Task Mark_AnswersOfAnItem_KeepsTheMarkWithTheStudy()
    {
        await using var lab = await LabFixture.CreateAsync();
        await AddAsync(lab, "tuned", await DatasetAsync(lab, "seen"));
        var trained = await lab.History.OfAsync(["tuned"], Cancel);
        NewStudyItem Item(string prompt) => trained.Mark(new NewStudyItem(prompt, [new("tuned", $"{prompt} 1", ""), new("given", $"{prompt} 2", "")]));

        var study = await lab.Studies.CreateAsync(Actors.Lab, new NewStudy("s") { Items = [Item("seen"), Item("unseen")] }, Cancel);

        var contents = (await lab.Studies.GetAsync(study.Id, Cancel))!;
        Assert.Equal([true, null, false, null], contents.Items.SelectMany(item => item.Responses).Select(response => response.TrainedOn));
        Assert.Equal(1, (await lab.Studies.ResultsAsync(study.Id, Cancel)).TrainedOn);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<int> DatasetAsync(LabFixture lab, params string[] prompts) =>
        (await lab.Datasets.CreateAsync(Actors.Lab, new NewDataset("d", DatasetFormats.PromptResponse), prompts.Select(prompt => TestRows.Pair(prompt, "r")), Cancel)).Id;

    private static async Task<RegisteredModel> AddAsync(
        LabFixture lab, string name, int dataset, string start = "elsewhere", ModelKind kind = ModelKind.Adapter, int? root = null)
    {
        var run = await lab.Runs.CreateAsync(Actors.Lab, new NewRun(name, "{}", start) { DatasetId = dataset }, Cancel);
        return await lab.Models.AddAsync(Actors.Lab, new RegisteredModel { Name = name, Path = $"/{name}", Kind = kind, BaseModelId = root, RunId = run.Id }, Cancel);
    }
}
