using Bunit;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Studies;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Tests.Studies;

public sealed class StudyPagesTests : StudyTest
{
    [Fact]
    public void List_NoStudy_SaysWhatOneIsFor()
    {
        var page = Show<StudyList>();

        Assert.Equal("No study yet", page.WaitForElement("[data-testid=empty-state] h2", Patience).TextContent);
    }

    [Fact]
    public async Task List_Studies_ShowsStateAndFilters()
    {
        var open = await AddStudyAsync("Arithmetic");
        var closed = await AddStudyAsync("Poems");
        await Get<StudyStore>().SetStatusAsync(Actors.Lab, closed.Id, StudyStatus.Closed, TestContext.Current.CancellationToken);

        var page = Show<StudyList>();

        page.WaitForElement("[data-testid=studies]", Patience);
        Assert.Equal("Open", page.Find($"[data-testid=study-{open.Id}] [data-testid=study-state]").TextContent);
        Assert.Equal("Closed", page.Find($"[data-testid=study-{closed.Id}] [data-testid=study-state]").TextContent);
        Assert.Equal("0 of 2 ratings", page.Find($"[data-testid=study-{open.Id}] .rate-progress span").TextContent);
        page.Find("input[data-testid=study-search]").Input("zebra");
        Assert.Equal("No study is called \"zebra\"", page.Find("[data-testid=empty-state] h2").TextContent);
    }

    [Theory]
    [InlineData("li", LabRoles.Viewer, false, null)]
    [InlineData("li", LabRoles.Trainer, true, "Belongs to wang; only its owner and administrators may change it.")]
    [InlineData("wang", LabRoles.Trainer, true, null)]
    [InlineData("admin", LabRoles.Admin, true, null)]
    public async Task Study_OfWang_IsChangedByWangAndAdministratorsAndExportedByTrainers(
        string name, string role, bool exports, string? reason)
    {
        var study = await AddStudyAsync("Arithmetic", owner: "wang");
        SignIn(name, role);

        var page = Show<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));

        var close = page.WaitForElement("[data-testid=study-close]", Patience);
        Assert.Equal(!exports || reason is not null, close.HasAttribute("disabled"));
        if (exports) Assert.Equal(reason, close.GetAttribute("title"));
        Assert.Equal(exports ? 1 : 0, page.FindAll("[data-testid=study-export-csv]").Count);
        Assert.Equal(exports ? 1 : 0, page.FindAll("[data-testid=study-export-json]").Count);
        var deletes = page.FindAll("[data-testid=study-delete]");
        Assert.Equal(exports ? [reason is not null] : [], deletes.Select(delete => delete.HasAttribute("disabled")));
    }

    [Fact]
    public async Task New_FilledForm_WritesTheAnswersAndOpensTheStudy()
    {
        await AddModelsAsync();
        var page = Show<NewStudyPage>();
        page.WaitForElement($"[data-testid='study-model-{TunedName}']", Patience).Change(true);
        page.Find($"[data-testid='study-model-{BaseName}']").Change(true);
        page.Find("input[data-testid=study-name]").Change("First study");
        page.Find("[data-testid=study-prompts]").Input("1+1?\n\n2+2?\n");
        page.Find("[data-testid=study-overlap]").Change("1");

        page.Find("[data-testid=study-start]").Click();

        page.WaitForAssertion(() => Assert.Matches(@"/studies/\d+$", Get<NavigationManager>().Uri), Patience);
        var id = int.Parse(Get<NavigationManager>().Uri.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
        var contents = await StudyGeneratorTests.WaitAsync(Get<StudyGenerator>(), Get<StudyStore>(), id);
        Assert.Equal((StudyStatus.Open, 1, 5), (contents.Study.Status, contents.Study.Overlap, contents.Criteria.Count));
        Assert.Equal(["1+1?", "2+2?"], contents.Items.Select(item => item.Prompt));
        Assert.Equal([$"{TunedName} says 1+1?", $"{BaseName} says 1+1?"], contents.Items[0].Responses.Select(response => response.Text));
    }

    [Theory]
    [InlineData("First")]
    [InlineData("Random")]
    public async Task New_PromptsOfADataset_AreTheFirstOnesOrAtRandom(string choice)
    {
        await AddModelsAsync();
        await Get<DatasetStore>().CreateAsync(
            Actors.Lab, new NewDataset("Ten", DatasetFormats.PromptResponse), Enumerable.Range(1, 10).Select(number => TestRows.Pair($"p{number}", "r")), Cancel);
        var page = Show<NewStudyPage>();
        Fill(page, "From a dataset");
        page.Find("[data-testid=study-source-dataset]").Change(true);
        page.Find("[data-testid=study-count]").Change("3");

        page.Find("[data-testid=study-order]").Change(choice);

        var order = page.Find("[data-testid=study-order]");
        Assert.Equal(choice, order.GetAttribute("value"));
        Assert.Equal(choice == "Random" ? 1 : 0, page.FindAll("[data-testid=study-seed]").Count);
        page.Find("[data-testid=study-start]").Click();
        var contents = await CreatedAsync(page);
        var shuffled = Enumerable.Range(1, 10).Select(number => $"p{number}").ToArray();
        if (choice == "Random") new Random(1).Shuffle(shuffled); // the seed the form begins with
        Assert.Equal(shuffled.Take(3), contents.Items.Select(item => item.Prompt));
    }

    [Fact]
    public async Task New_PrimaryComparison_IsTheBaseAgainstTheOtherUnlessChosen()
    {
        await AddModelsAsync();
        var page = Show<NewStudyPage>();
        Fill(page, "Primary");
        page.Find("[data-testid=study-prompts]").Input("1+1?");
        Assert.Equal(TunedName, page.Find("[data-testid=primary-second]").GetAttribute("value"));

        page.Find("[data-testid=primary-criterion]").Change("safety");
        page.Find("[data-testid=primary-second]").Change(BaseName);
        page.Find("[data-testid=study-start]").Click();

        Assert.Equal(new PrimaryComparison("safety", TunedName, BaseName), (await CreatedAsync(page)).Study.Primary);
    }

    [Fact]
    public async Task New_PromptsAModelWasTrainedOn_AreCountedAndMarked()
    {
        await AddModelsAsync();
        var dataset = await Get<DatasetStore>().CreateAsync(
            Actors.Lab, new NewDataset("Train", DatasetFormats.PromptResponse), [TestRows.Pair("What is 1 + 1?", "2")], Cancel);
        var run = await Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("r", "{}", BaseName) { DatasetId = dataset.Id }, Cancel);
        await Get<ModelStore>().AddAsync(Actors.Lab, new RegisteredModel { Name = "trained", Path = "/trained", Kind = ModelKind.Full, RunId = run.Id }, Cancel);
        var page = Show<NewStudyPage>();
        Fill(page, "Trained");
        page.Find("[data-testid='study-model-trained']").Change(true);

        page.Find("[data-testid=study-prompts]").Input("what is 1+1\n2+2?");

        page.WaitForAssertion(() => Assert.StartsWith(
            "trained was trained on 1 of these 2 prompts", Assert.Single(page.FindAll("[data-testid=study-trained-on]")).TextContent, StringComparison.Ordinal), Patience);
        page.Find("[data-testid=study-start]").Click();
        var contents = await CreatedAsync(page);
        Assert.Equal([false, false, true], contents.Items[0].Responses.Select(response => response.TrainedOn));
        Assert.Equal([false, false, false], contents.Items[1].Responses.Select(response => response.TrainedOn));
    }

    [Fact]
    public async Task New_EmptyForm_NamesEveryField()
    {
        var page = Show<NewStudyPage>();

        await page.InvokeAsync(() => page.Find("[data-testid=study-start]").Click());

        page.WaitForElement("[data-testid=study-problems]", Patience);
        Assert.Equal("The study needs a name.", page.Find("[data-testid=problem-name]").TextContent);
        Assert.Equal("Choose 2 to 6 models; 0 are chosen.", page.Find("[data-testid=problem-models]").TextContent);
        Assert.Equal("There are no prompts.", page.Find("[data-testid=problem-prompts]").TextContent);
    }

    [Fact]
    public async Task Results_TwoRaters_ShowsMeansAgreementRatersAndNames()
    {
        var study = await AddStudyAsync();
        await RateAsync(study.Id, "li", 5);
        await RateAsync(study.Id, "wang", 3);

        var page = Show<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));

        var means = page.WaitForElement("[data-testid=study-means]", Patience);
        Assert.Contains("4.00", means.TextContent, StringComparison.Ordinal);
        Assert.Equal(["li", "wang"], page.FindAll("[data-testid=study-raters] tbody th").Select(name => name.TextContent));
        Assert.Equal(5, page.FindAll("[data-testid=study-agreement] tbody tr").Count);
        Assert.Equal([BaseName, TunedName], page.FindAll("[data-testid=study-items] h3").Select(name => name.TextContent));
        Assert.EndsWith($"/api/v1/studies/{study.Id}/export?format=csv", page.Find("[data-testid=study-export-csv]").GetAttribute("href"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_ClearDifference_IsSaidInWordsWithItsNumbers()
    {
        var study = await AddStudyAsync("Clear", null, [.. Enumerable.Range(1, 12).Select(number => $"{number}?")]);
        await Get<StudyStore>().SetPrimaryAsync(Actors.Lab, study.Id, new PrimaryComparison("correctness", BaseName, TunedName), Cancel);
        await RateAllAsync(study.Id, "li", (number, second) => second ? 4 + (number % 2) : 2);
        await RateAllAsync(study.Id, "wang", (number, second) => second ? 4 : 1 + (number % 3));

        var page = Show<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));

        var verdict = page.WaitForElement("[data-testid=study-verdict]", Patience);
        Assert.Equal($"Correctness: {TunedName} is scored higher than {BaseName}.", verdict.QuerySelector("p.study-verdict")!.TextContent);
        Assert.Contains("24 of 24 rater–prompt pairs on 12 prompts", verdict.TextContent, StringComparison.Ordinal);
        Assert.Contains("hold for the raters of this study (2)", verdict.TextContent, StringComparison.Ordinal);
        Assert.Equal(["primary", "exploratory", "exploratory", "exploratory", "exploratory"], page.FindAll(".study-role").Select(role => role.TextContent));
        Assert.Contains("Fixed since the first rating.", page.Find("[data-testid=study-primary]").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("conclude", page.Find("[data-testid=study-agreement]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_FewPrompts_ShowNoIntervalAndNoClaim()
    {
        var study = await AddStudyAsync();
        await RateAsync(study.Id, "li", 5);

        var page = Show<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));

        page.WaitForElement("[data-testid=study-verdict]", Patience);
        Assert.Equal("No comparison shows a clear difference.", page.Find("p.study-verdict").TextContent);
        Assert.All(page.FindAll("[data-testid=study-comparisons] tbody tr"), row => Assert.Contains("fewer than 5 prompts", row.TextContent, StringComparison.Ordinal));
        Assert.All(page.FindAll("[data-testid=study-means] [data-label='95 % interval']"), cell => Assert.Equal("–", cell.TextContent));
    }

    [Fact]
    public async Task Results_TrainedOnPrompts_CanBeLeftOut()
    {
        var study = await Get<StudyStore>().CreateAsync(
            Actors.Lab,
            new NewStudy("Seen")
            {
                Overlap = 1,
                Items = [.. Enumerable.Range(1, 8).Select(number => new NewStudyItem($"{number}?",
                    [new(BaseName, $"First of {number}", ""), new(TunedName, $"Second of {number}", "") { TrainedOn = number <= 2 }]))],
            },
            Cancel);
        await RateAllAsync(study.Id, "li", (number, second) => second && number <= 2 ? 5 : 3);
        var page = Show<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));
        page.WaitForElement("[data-testid=study-verdict]", Patience);
        var means = page.FindAll("[data-testid=mean-relevance-1] strong").Select(mean => mean.TextContent).Single();

        page.Find("[data-testid=study-without-trained]").Change(true);

        Assert.Equal("3.50", means);
        Assert.Equal("3.00", page.Find("[data-testid=mean-relevance-1] strong").TextContent);
        Assert.Equal("(trained on 2 of 8 prompts)", page.Find("[data-testid=study-trained]").TextContent);
    }

    [Fact]
    public async Task Primary_BeforeTheFirstRating_CanBeChosenOnThePage()
    {
        var study = await AddStudyAsync();
        var page = Show<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));
        page.WaitForElement("[data-testid=primary-criterion]", Patience).Change("fluency");

        page.WaitForElement("[data-testid=primary-second]", Patience).Change(BaseName);

        page.WaitForAssertion(
            () => Assert.Equal($"Fluency: is {BaseName} scored higher than {TunedName}?", page.Find("[data-testid=study-primary-text]").TextContent), Patience);
        Assert.Equal(new PrimaryComparison("fluency", TunedName, BaseName), (await Get<StudyStore>().GetAsync(study.Id, Cancel))!.Study.Primary);
        page.Find("[data-testid=primary-criterion]").Change("");
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("[data-testid=primary-second]")), Patience);
    }

    [Fact]
    public async Task Results_CloseAndReopen_ChangesWhatRatersGet()
    {
        var study = await AddStudyAsync();
        var page = Show<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));
        page.WaitForElement("[data-testid=study-close]", Patience).Click();

        page.WaitForElement("[data-testid=study-reopen]", Patience);
        var whileClosed = await Get<RatingStore>().StudiesAsync("li", TestContext.Current.CancellationToken);
        page.Find("[data-testid=study-reopen]").Click();
        page.WaitForElement("[data-testid=study-close]", Patience);
        var afterwards = await Get<RatingStore>().StudiesAsync("li", TestContext.Current.CancellationToken);

        Assert.Equal((0, 1), (whileClosed.Count, afterwards.Count));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A form that lacks its prompts only.</summary>
    private static void Fill(IRenderedComponent<NewStudyPage> page, string name)
    {
        page.WaitForElement($"[data-testid='study-model-{TunedName}']", Patience).Change(true);
        page.Find($"[data-testid='study-model-{BaseName}']").Change(true);
        page.Find("input[data-testid=study-name]").Change(name);
    }

    private async Task<StudyContents> CreatedAsync(IRenderedComponent<NewStudyPage> page)
    {
        page.WaitForAssertion(() => Assert.Matches(@"/studies/\d+$", Get<NavigationManager>().Uri), Patience);
        var id = int.Parse(Get<NavigationManager>().Uri.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
        return await StudyGeneratorTests.WaitAsync(Get<StudyGenerator>(), Get<StudyStore>(), id);
    }

    /// <summary>Rates every item by its number and by whether an answer is the second model's.</summary>
    private async Task RateAllAsync(int study, string rater, Func<int, bool, int> value)
    {
        while (await Get<RatingStore>().NextAsync(Actors.Rater(rater), study) is { } task)
        {
            var number = int.Parse(task.Prompt.TrimEnd('?'), System.Globalization.CultureInfo.InvariantCulture);
            var scores = task.Answers.SelectMany(answer => Whole(answer.Slot, value(number, answer.Text.Contains("Second", StringComparison.Ordinal))));
            await Get<RatingStore>().SubmitAsync(Actors.Rater(rater), task.AssignmentId, new RatingDraft([.. scores]));
        }
    }

    private async Task RateAsync(int study, string rater, int value)
    {
        var task = await Get<RatingStore>().NextAsync(Actors.Rater(rater, rater), study);
        await Get<RatingStore>().SubmitAsync(Actors.Rater(rater), task!.AssignmentId, new RatingDraft([.. Whole(0, value), .. Whole(1, value)]));
    }
}

public sealed class ChineseStudyPagesTests() : StudyTest("zh-CN")
{
    [Fact]
    public async Task Pages_InChinese_SpeakChinese()
    {
        var study = await AddStudyAsync();

        var list = Show<StudyList>();
        var rate = Render<R1Lab.Web.Components.Pages.Rating.RatePage>();
        var results = Render<StudyPage>(parameters => parameters.Add(one => one.Id, study.Id));

        Assert.Equal("进行中", list.WaitForElement("[data-testid=study-state]", Patience).TextContent);
        rate.WaitForElement("[data-testid=rate-answer-1]", Patience);
        Assert.Equal(["回答甲", "回答乙"], rate.FindAll(".rate-answer h2").Select(title => title.TextContent));
        Assert.Equal("尚未打分", rate.Find("[data-testid=scale-chosen]").GetAttribute("data-empty"));
        Assert.Equal("还没有打分", results.WaitForElement("[data-testid=empty-state] h2", Patience).TextContent);
    }
}
