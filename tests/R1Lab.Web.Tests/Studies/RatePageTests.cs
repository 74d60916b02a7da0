using System.Globalization;
using System.Text.Json.Nodes;
using Bunit;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Rating;
using R1Lab.Web.Components.Pages.Studies;

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
    public async Task Page_RoleLostWhileOpen_SaysSoAndShowsNoFurtherQuestion()
    {
        await AddStudyAsync(prompts: ["1+1?", "2+2?"]);
        var page = Show<RatePage>();
        page.WaitForElement("[data-testid=rate-answer-1]", Patience);
        var assignment = int.Parse(page.Find("[data-rating-desk]").GetAttribute("data-assignment")!, CultureInfo.InvariantCulture);

        await Get<UserStore>().SetRoleAsync(Actors.Lab, "li", LabRoles.Viewer, Cancel);
        await page.InvokeAsync(() => page.Instance.AdvanceAsync(assignment));

        var refusal = page.WaitForElement(".error-panel", Patience).TextContent;
        Assert.Contains("Your role or the owner of this does not allow that.", refusal, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-rating-desk]"));
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
    public async Task Page_DraftStored_GivesTheDeskItsScoresAndStamp()
    {
        var study = await AddStudyAsync();
        var task = (await Ratings.NextAsync(Li, study.Id, Cancel))!;
        await EnterAsync(task, EntryIntent.Draft, new RatingDraft([new SlotScore(1, "fluency", 2), new SlotScore(0, "safety", null, true)], "too <short>"));

        var page = Show<RatePage>();

        var entry = JsonNode.Parse(page.WaitForElement("[data-rating-desk]", Patience).GetAttribute("data-entry")!)!;
        Assert.Equal("Your draft is restored.", entry["note"]!.GetValue<string>());
        Assert.Equal(
            ("draft", "tab", 1, "too <short>"),
            (entry["entry"]!["state"]!.GetValue<string>(), entry["entry"]!["client"]!.GetValue<string>(), entry["entry"]!["sequence"]!.GetValue<int>(),
                entry["entry"]!["comment"]!.GetValue<string>()));
        Assert.Equal(
            """[{"slot":1,"criterion":"fluency","value":2},{"slot":0,"criterion":"safety","value":null}]""", entry["entry"]!["scores"]!.ToJsonString());
    }

    [Fact]
    public async Task Advance_AfterASubmission_ShowsTheNextQuestionOnceHoweverOftenItIsAsked()
    {
        var study = await AddStudyAsync("Study", null, "one?", "two?");
        var page = Show<RatePage>();
        var first = await ShownAsync(page, study);
        await EnterAsync(first, EntryIntent.Submit, All(4));

        await page.InvokeAsync(() => page.Instance.AdvanceAsync(first.AssignmentId));
        var second = page.Find("[data-rating-desk]").GetAttribute("data-assignment");
        await page.InvokeAsync(() => page.Instance.AdvanceAsync(first.AssignmentId));

        Assert.NotEqual(first.AssignmentId.ToString(CultureInfo.InvariantCulture), second);
        Assert.Equal(second, page.Find("[data-rating-desk]").GetAttribute("data-assignment"));
        Assert.Equal("1 of 2 rated", page.Find("[data-testid=rate-progress] span").TextContent);
    }

    [Fact]
    public async Task Advance_AfterTheLastQuestion_SaysThatAllIsDone()
    {
        var study = await AddStudyAsync();
        var page = Show<RatePage>();
        var task = await ShownAsync(page, study);
        await EnterAsync(task, EntryIntent.Submit, All(4));

        await page.InvokeAsync(() => page.Instance.AdvanceAsync(task.AssignmentId));

        Assert.Equal("All done, thank you", page.Find("[data-testid=empty-state] h2").TextContent);
    }

    [Fact]
    public async Task Reopen_SubmissionTakenBack_ShowsItWithItsScores()
    {
        var study = await AddStudyAsync("Study", null, "one?", "two?");
        var page = Show<RatePage>();
        var task = await ShownAsync(page, study);
        await EnterAsync(task, EntryIntent.Submit, All(4));
        await page.InvokeAsync(() => page.Instance.AdvanceAsync(task.AssignmentId));
        await Ratings.UndoSubmitAsync(Li, task.AssignmentId, Cancel);

        await page.InvokeAsync(() => page.Instance.ReopenAsync(task.AssignmentId));

        var entry = JsonNode.Parse(page.Find("[data-rating-desk]").GetAttribute("data-entry")!)!["entry"]!;
        Assert.Equal((task.AssignmentId, "draft", 10), (entry["assignment_id"]!.GetValue<int>(), entry["state"]!.GetValue<string>(), entry["scores"]!.AsArray().Count));
    }

    [Fact]
    public async Task OwnRatings_SubmittedAndSkipped_CanBeOpenedAndTakenBack()
    {
        var study = await AddStudyAsync("Study", null, "one?", "two?", "three?");
        var submitted = (await Ratings.NextAsync(Li, study.Id, Cancel))!;
        await EnterAsync(submitted, EntryIntent.Submit, All(4));
        var skipped = (await Ratings.NextAsync(Li, study.Id, Cancel))!;
        await EnterAsync(skipped, EntryIntent.Skip, RatingDraft.Empty);
        var page = Show<RatePage>();
        page.WaitForElement("[data-testid=own-open]", Patience);

        page.Find("[data-testid=own-open]").Click();
        page.WaitForAssertion(() => Assert.Equal(Id(submitted), page.Find("[data-rating-desk]").GetAttribute("data-assignment")), Patience);
        var again = page.Find("[data-testid=rate-submit]").TextContent.Trim();
        page.Find("[data-testid=own-take-back]").Click();
        page.WaitForAssertion(() => Assert.Equal(Id(skipped), page.Find("[data-rating-desk]").GetAttribute("data-assignment")), Patience);

        Assert.Equal("Submit the revision", again);
        Assert.Empty(page.FindAll("[data-testid=own-take-back]"));
        Assert.Equal(AssignmentState.Draft, (await Ratings.EntryAsync(skipped.AssignmentId, "li", Cancel)).Stored.State);

        static string Id(RatingTask task) => task.AssignmentId.ToString(CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task StudyPage_SkippedAndLate_ShowsTheOwnerBoth()
    {
        SignIn("admin", LabRoles.Admin);
        var study = await AddStudyAsync("Study", null, "one?", "two?");
        var skipped = (await Ratings.NextAsync(Li, study.Id, Cancel))!;
        await EnterAsync(skipped, EntryIntent.Skip, RatingDraft.Empty);
        var late = (await Ratings.NextAsync(Li, study.Id, Cancel))!;
        await Get<StudyStore>().SetStatusAsync(Actors.Lab, study.Id, StudyStatus.Closed, Cancel);
        await EnterAsync(late, EntryIntent.Submit, All(3));

        var entries = Render<StudyEntries>(component => component.Add(one => one.StudyId, study.Id).Add(one => one.IsClosed, true));

        var skip = entries.WaitForElement("[data-testid=study-skip]", Patience).TextContent;
        Assert.Contains("li", skip, StringComparison.Ordinal);
        Assert.Contains("broken or cut off", skip, StringComparison.Ordinal);
        Assert.Contains("submitted: 1.", entries.Find("[data-testid=study-unsubmitted]").TextContent, StringComparison.Ordinal);
    }

    private static Actor Li => Actors.Rater("li");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private RatingStore Ratings => Get<RatingStore>();

    private static RatingDraft All(int value) => new([.. Whole(0, value), .. Whole(1, value)]);

    private Task<EntryReceipt> EnterAsync(RatingTask task, EntryIntent intent, RatingDraft form)
    {
        SkipReason? reason = intent == EntryIntent.Skip ? SkipReason.Broken : null;
        return Ratings.EnterAsync(Li, task.AssignmentId, new RatingEntry(new EntryStamp("tab", 1), [], intent, form, reason), Cancel);
    }

    /// <summary>The task that the page shows.</summary>
    private async Task<RatingTask> ShownAsync(IRenderedComponent<RatePage> page, Study study)
    {
        page.WaitForElement("[data-rating-desk]", Patience);
        return (await Ratings.NextAsync(Li, study.Id, Cancel))!;
    }
}
