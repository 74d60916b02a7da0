using Microsoft.AspNetCore.Components;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Studies;
using R1Lab.Web.Running;

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

    [Fact]
    public void New_EmptyForm_NamesEveryField()
    {
        var page = Show<NewStudyPage>();

        page.Find("[data-testid=study-start]").Click();

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
        Assert.Equal("尚未打分", rate.Find("[data-testid=scale-chosen]").TextContent);
        Assert.Equal("还没有打分", results.WaitForElement("[data-testid=empty-state] h2", Patience).TextContent);
    }
}
