using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class BlindTextTests
{
    private static readonly BlindText Blind = new(["demo", "demo-tuned", "org/Qwen3-0.6B", "base:warm", "小鹿", "run 12"]);

    [Theory]
    [InlineData("demo against demo-tuned", "••• against •••")]
    [InlineData("DEMO_TUNED, Demo Tuned, demo.tuned, DemoTuned", "•••, •••, •••, •••")]
    [InlineData("**demo**-tuned and `demo`", "**••• and `•••`")]
    [InlineData("my_demo_tuned_v2", "my_•••_v2")]
    [InlineData("demo-tuned-demo", "•••-•••")]
    [InlineData("demography demos xdemo", "demography demos xdemo")]
    [InlineData("org/qwen3-0.6b or just Qwen3 0.6B-Instruct", "••• or just •••-Instruct")]
    [InlineData("比较demo和小鹿。", "比较•••和•••。")]
    [InlineData("Run-12, run #12, run 123", "•••, •••, run 123")]
    public void InHeadingAndText_NameInAnyWriting_IsMasked(string text, string expected)
    {
        Assert.Equal(expected, Blind.InHeading(text));
        Assert.Equal(expected, Blind.InText(text));
    }

    [Fact]
    public void InHeading_PartOfAName_IsMaskedThereButStaysAWordInAnswers()
    {
        Assert.Equal("Is ••• better?", Blind.InHeading("Is warm better?"));
        Assert.Equal("Keep it warm.", Blind.InText("Keep it warm."));
        Assert.Equal("I am •••.", Blind.InText("I am base: warm."));
    }

    [Fact]
    public void Hide_NoNamesOrOneWithoutLetters_LeavesOtherTextAlone()
    {
        Assert.Equal("as it is", new BlindText([]).InHeading("as it is"));
        Assert.Equal("a b", new BlindText(["a"]).InText("a b"));
        Assert.Equal("••• b", new BlindText(["a"]).InHeading("a b"));
        Assert.Equal("1 ••• 2", new BlindText(["++"]).InHeading("1 ++ 2"));
    }

    [Fact]
    public async Task Ratings_NamesInEveryTextARaterSees_AreMasked()
    {
        await using var lab = await LabFixture.CreateAsync();
        var run = await lab.Runs.CreateAsync(Actors.Lab, new NewRun("Nightingale", "{}", "demo"), Cancel);
        var root = await lab.Models.AddAsync(Actors.Lab, new RegisteredModel { Name = "OwlBase", Path = "/m/1", Kind = ModelKind.Base }, Cancel);
        await lab.Models.AddAsync(
            Actors.Lab, new RegisteredModel { Name = "owl-new", Path = "/m/2", Kind = ModelKind.Adapter, BaseModelId = root.Id, RunId = run.Id, Fingerprint = "fp" }, Cancel);
        string[] names = ["owl_old", "OWL-NEW", "Owlbase", "nightingale", $"run {run.Id}"];
        var all = string.Join(", ", names);
        var study = await lab.Studies.CreateAsync(
            Actors.Lab, new NewStudy(all)
            {
                GuidelinesMarkdown = all,
                ShowReasoning = true,
                Overlap = 1,
                // The second model was renamed since it answered.
                Items = [new NewStudyItem(all, [new("owl-old", all, "") { Reasoning = all }, new("before", $"{all} 2", "fp") { Reasoning = all }])],
            },
            Cancel);

        var listed = Assert.Single(await lab.Ratings.StudiesAsync("r1", Cancel));
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1", "R"), study.Id, Cancel))!;
        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, RatingStoreTests.All(task, 3), Cancel);
        var submitted = Assert.Single(await lab.Ratings.SubmissionsAsync("r1", Cancel));

        List<string> seen = [listed.Name, task.StudyName, task.GuidelinesMarkdown, task.Prompt, submitted.Prompt];
        seen.AddRange(task.Answers.SelectMany(answer => new[] { answer.Text, answer.Reasoning! }));
        Assert.All(seen, text => Assert.StartsWith("•••, •••, •••, •••, •••", text, StringComparison.Ordinal));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
