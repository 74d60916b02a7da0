using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Web.Components.Pages.Rating;

namespace R1Lab.Web.Tests.Studies;

public sealed class RatePageTests : StudyTest
{
    public RatePageTests() => SignIn("li", LabRoles.Rater);

    [Fact]
    public void Page_NothingOpen_SaysThatNothingWaits()
    {
        var page = Show<RatePage>();

        Assert.Equal("Nothing waits for you", page.WaitForElement("[data-testid=empty-state] h2", Patience).TextContent);
    }

    [Fact]
    public async Task Page_Task_ShowsQuestionAndAnswersWithoutAnyModelName()
    {
        await AddStudyAsync($"{BaseName} against {TunedName}");

        var page = Show<RatePage>();

        page.WaitForElement("[data-testid=rate-answer-1]", Patience);
        Assert.Equal("1+1?", page.Find("[data-testid=rate-prompt]").TextContent.Trim());
        Assert.Equal(["Answer A", "Answer B"], page.FindAll(".rate-answer h2").Select(title => title.TextContent));
        Assert.Equal("Second", page.Find(".rate-answer-text strong").TextContent);
        Assert.All(new[] { BaseName, TunedName, "tuned", "aaaa", "bbbb", "hidden thought" }, secret => Assert.DoesNotContain(secret, page.Markup, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Page_StudyInChinese_UsesItsWords()
    {
        await AddStudyAsync(language: "zh-CN");

        var page = Show<RatePage>();

        page.WaitForElement("[data-testid=rate-answer-1]", Patience);
        Assert.Equal(["Answer 甲", "Answer 乙"], page.FindAll(".rate-answer h2").Select(title => title.TextContent));
        Assert.Equal("相关性", page.Find("[data-testid=rate-scale-relevance] legend").TextContent.Trim());
        Assert.Equal("完全答非所问", page.Find("[data-testid=rate-scale-relevance] .scale-anchor").TextContent);
    }

    [Fact]
    public async Task Submit_ScoresAndCannotJudge_WritesRowsWithNullForCannotJudge()
    {
        var study = await AddStudyAsync();
        var page = Show<RatePage>();
        page.WaitForElement("[data-testid=rate-answer-1]", Patience);

        for (var slot = 0; slot < 2; slot++)
        {
            foreach (var criterion in StandardCriteria.All())
            {
                var point = criterion.Key == "safety" ? "rate-cannot-judge" : $"rate-point-{slot + 3}";
                page.Find($"[data-testid=rate-answer-{slot}] [data-testid=rate-scale-{criterion.Key}] [data-testid={point}]").Change("on");
            }
        }

        page.Find("[data-testid=rate-submit]").Click();

        page.WaitForElement("[data-testid=rate-undo]", Patience);
        var rows = await Get<StudyStore>().ExportAsync(study.Id, TestContext.Current.CancellationToken);
        Assert.Equal(10, rows.Count);
        Assert.Equal([3, 3, 3, 3, 4, 4, 4, 4], rows.Where(row => row.Criterion != "safety").Select(row => row.Value!.Value).Order());
        Assert.All(rows.Where(row => row.Criterion == "safety"), row => Assert.Equal((null, true, "li"), (row.Value, row.IsNotApplicable, row.RaterName)));
        Assert.Equal("All done, thank you", page.Find("[data-testid=empty-state] h2").TextContent);
    }

    [Fact]
    public async Task Undo_AfterSubmit_BringsTheTaskBackWithItsScores()
    {
        var study = await AddStudyAsync();
        var page = Show<RatePage>();
        page.WaitForElement("[data-testid=rate-answer-1]", Patience);
        for (var key = 0; key < 10; key++) await page.InvokeAsync(() => page.Instance.PressAsync("4"));
        await page.InvokeAsync(() => page.Instance.PressAsync("submit"));

        await page.InvokeAsync(() => page.Instance.PressAsync("undo"));

        Assert.Equal(10, page.FindAll(".scale-point.is-chosen").Count);
        Assert.Empty(await Get<StudyStore>().ExportAsync(study.Id, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Keys_DigitsAndArrows_RateTheCurrentCriterionAndMoveOn()
    {
        await AddStudyAsync();
        var page = Show<RatePage>();
        page.WaitForElement("[data-testid=rate-answer-1]", Patience);

        foreach (var key in new[] { "5", "0", "next", "2", "previous", "1", "next-answer", "3" }) await page.InvokeAsync(() => page.Instance.PressAsync(key));

        Assert.Equal(
            ["score-0-relevance 5", "score-0-fluency none", "score-0-correctness 1", "score-1-safety 3"],
            page.FindAll("input[checked]").Select(radio => $"{radio.Closest("fieldset")!.Id} {radio.GetAttribute("value")}"));
        Assert.Equal("score-1-safety", page.Find("fieldset.is-current").Id);
    }

    [Fact]
    public async Task Submit_ScoreMissing_NamesItAndGoesThere()
    {
        var study = await AddStudyAsync();
        var page = Show<RatePage>();
        page.WaitForElement("[data-testid=rate-answer-1]", Patience);
        for (var key = 0; key < 7; key++) await page.InvokeAsync(() => page.Instance.PressAsync("4"));
        await page.InvokeAsync(() => page.Instance.PressAsync("previous"));

        await page.InvokeAsync(() => page.Instance.PressAsync("submit"));

        Assert.Equal("Not rated yet: answer B, Helpfulness.", page.Find("[data-testid=rate-notice]").TextContent);
        Assert.Equal("score-1-helpfulness", page.Find("fieldset.is-current").Id);
        Assert.Empty(await Get<StudyStore>().ExportAsync(study.Id, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Draft_PageLeftAndOpenedAgain_IsRestored()
    {
        await AddStudyAsync();
        var page = Show<RatePage>();
        page.WaitForElement("[data-testid=rate-answer-1]", Patience);
        page.Find("[data-testid=rate-answer-1] [data-testid=rate-scale-fluency] [data-testid=rate-point-2]").Change("2");
        page.Find("[data-testid=rate-comment]").Input("too short");
        page.WaitForAssertion(() => Assert.Equal("Draft saved.", page.Find("[data-testid=rate-notice]").TextContent), Patience);

        var again = Render<RatePage>();

        again.WaitForElement("[data-testid=rate-answer-1]", Patience);
        var chosen = Assert.Single(again.FindAll("input[checked]"));
        Assert.Equal(("score-1-fluency", "2"), (chosen.Closest("fieldset")!.Id, chosen.GetAttribute("value")));
        Assert.Equal("too short", again.Find("[data-testid=rate-comment]").GetAttribute("value"));
    }

    [Fact]
    public async Task Skip_OfTwoQuestions_LeadsToTheOther()
    {
        await AddStudyAsync("Study", null, "one?", "two?");
        var page = Show<RatePage>();
        var first = page.WaitForElement("[data-testid=rate-prompt]", Patience).TextContent.Trim();

        page.Find("[data-testid=rate-skip]").Click();

        page.WaitForAssertion(() => Assert.Equal(first == "one?" ? "two?" : "one?", page.Find("[data-testid=rate-prompt]").TextContent.Trim()), Patience);
    }
}
