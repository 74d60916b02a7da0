using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Forms arrive late, twice, out of order and from several tabs; none may be lost or silently replaced.</summary>
public sealed class RatingEntryTests : IAsyncDisposable
{
    private readonly LabFixture _lab = LabFixture.CreateAsync().GetAwaiter().GetResult();

    [Fact]
    public async Task EnterAsync_OlderNumberOfTheSameTab_IsRefusedAsStale()
    {
        var task = await TaskAsync();
        await EnterAsync(task, "a", 5, EntryIntent.Draft, 5);

        var late = await EnterAsync(task, "a", 4, EntryIntent.Draft, 1);
        var lateSubmit = await EnterAsync(task, "a", 3, EntryIntent.Submit, 1);

        Assert.Equal((EntryOutcome.Stale, EntryOutcome.Stale), (late.Outcome, lateSubmit.Outcome));
        Assert.Equal((new EntryStamp("a", 5), AssignmentState.Draft), (late.Stored.Stamp!, lateSubmit.Stored.State));
        Assert.All(lateSubmit.Stored.Form.Scores, score => Assert.Equal(5, score.Value));
    }

    [Fact]
    public async Task EnterAsync_SubmissionSentTwice_IsOneRevision()
    {
        var task = await TaskAsync();

        var first = await EnterAsync(task, "a", 2, EntryIntent.Submit, 4);
        _lab.Time.Advance(TimeSpan.FromSeconds(40));
        var again = await EnterAsync(task, "a", 2, EntryIntent.Submit, 4);

        Assert.Equal((EntryOutcome.Stored, EntryOutcome.Replayed), (first.Outcome, again.Outcome));
        Assert.Equal((1, first.Stored.SubmittedAt), (again.Stored.Revision, again.Stored.SubmittedAt));
        Assert.Single(await _lab.StudyEntries.RevisionsAsync(task.StudyId, Cancel));
    }

    [Fact]
    public async Task EnterAsync_SubmissionReplayedAfterAnotherTabWentOn_StaysOneRevisionAndHarmsNothing()
    {
        var task = await TaskAsync();
        await EnterAsync(task, "a", 2, EntryIntent.Submit, 4);
        await EnterAsync(task, "b", 1, EntryIntent.Submit, 5, new EntryStamp("a", 2));

        var again = await EnterAsync(task, "a", 2, EntryIntent.Submit, 4);

        Assert.Equal((EntryOutcome.Replayed, 2), (again.Outcome, again.Stored.Revision));
        Assert.All(await _lab.Studies.ExportAsync(task.StudyId, Cancel), row => Assert.Equal(5, row.Value));
    }

    [Theory]
    [InlineData(EntryIntent.Draft)]
    [InlineData(EntryIntent.Submit)]
    [InlineData(EntryIntent.Skip)]
    public async Task EnterAsync_TabThatDoesNotKnowTheSubmission_IsToldAndReplacesOnlyWhenItNamesIt(EntryIntent intent)
    {
        var task = await TaskAsync();
        await EnterAsync(task, "b", 1, EntryIntent.Draft, 1);
        await EnterAsync(task, "a", 1, EntryIntent.Submit, 4, new EntryStamp("b", 1));

        var told = await EnterAsync(task, "b", 2, intent, 2, new EntryStamp("b", 1));
        var counted = await _lab.Studies.ExportAsync(task.StudyId, Cancel);
        var replaced = await EnterAsync(task, "b", 3, EntryIntent.Submit, 3, told.Stored.Stamp!);

        Assert.Equal((EntryOutcome.Conflict, AssignmentState.Submitted, 1), (told.Outcome, told.Stored.State, told.Stored.Revision));
        Assert.All(told.Stored.Form.Scores, score => Assert.Equal(4, score.Value));
        Assert.All(counted, row => Assert.Equal(4, row.Value));
        Assert.Equal((EntryOutcome.Stored, 2), (replaced.Outcome, replaced.Stored.Revision));
    }

    [Fact]
    public async Task EnterAsync_AfterAReload_ContinuesFromTheHighestNumberEverSent()
    {
        var task = await TaskAsync();
        await EnterAsync(task, "before", 3, EntryIntent.Draft, 3);

        // The number 4 was sent before the reload and never arrived.
        var afterReload = await EnterAsync(task, "after", 1, EntryIntent.Draft, 5, new EntryStamp("long before", 9), new EntryStamp("before", 4));
        var lateArrival = await EnterAsync(task, "before", 4, EntryIntent.Draft, 4);
        var behind = await EnterAsync(task, "copy", 1, EntryIntent.Draft, 2, new EntryStamp("after", 0));

        Assert.Equal((EntryOutcome.Stored, EntryOutcome.Conflict, EntryOutcome.Conflict), (afterReload.Outcome, lateArrival.Outcome, behind.Outcome));
        Assert.All(behind.Stored.Form.Scores, score => Assert.Equal(5, score.Value));
    }

    [Fact]
    public async Task EnterAsync_DraftOfARevision_LeavesTheSubmissionCounting()
    {
        var task = await TaskAsync();
        await EnterAsync(task, "a", 1, EntryIntent.Submit, 2);

        var draft = await EnterAsync(task, "a", 2, EntryIntent.Draft, 5);
        var whileDrafting = await _lab.Studies.ExportAsync(task.StudyId, Cancel);
        await EnterAsync(task, "a", 3, EntryIntent.Submit, 5);

        Assert.Equal((AssignmentState.Submitted, 5), (draft.Stored.State, draft.Stored.Form.Scores[0].Value));
        Assert.All(whileDrafting, row => Assert.Equal(2, row.Value));
        Assert.All(await _lab.Studies.ExportAsync(task.StudyId, Cancel), row => Assert.Equal(5, row.Value));
        Assert.Equal([1, 2], (await _lab.StudyEntries.RevisionsAsync(task.StudyId, Cancel)).Select(one => one.Number));
    }

    [Fact]
    public async Task EnterAsync_SubmissionAfterClosing_IsKeptAsADraftAndCountsOnceReopened()
    {
        var task = await TaskAsync();
        await _lab.Studies.SetStatusAsync(Actors.Lab, task.StudyId, StudyStatus.Closed, Cancel);

        var late = await EnterAsync(task, "a", 1, EntryIntent.Submit, 4);
        var uncounted = await _lab.Studies.ExportAsync(task.StudyId, Cancel);
        var kept = await _lab.StudyEntries.UnsubmittedAsync(task.StudyId, Cancel);
        await _lab.Studies.SetStatusAsync(Actors.Lab, task.StudyId, StudyStatus.Open, Cancel);
        var again = await EnterAsync(task, "a", 1, EntryIntent.Submit, 4);

        Assert.Equal((EntryOutcome.StudyClosed, AssignmentState.Draft, false), (late.Outcome, late.Stored.State, late.StudyOpen));
        Assert.All(late.Stored.Form.Scores, score => Assert.Equal(4, score.Value));
        Assert.Empty(uncounted);
        Assert.Equal(1, kept);
        Assert.Equal((EntryOutcome.Stored, AssignmentState.Submitted), (again.Outcome, again.Stored.State));
    }

    [Fact]
    public async Task EnterAsync_RevisionAfterClosing_IsKeptAndTheSubmissionStillCounts()
    {
        var task = await TaskAsync();
        await EnterAsync(task, "a", 1, EntryIntent.Submit, 2);
        await _lab.Studies.SetStatusAsync(Actors.Lab, task.StudyId, StudyStatus.Closed, Cancel);

        var late = await EnterAsync(task, "a", 2, EntryIntent.Submit, 5);

        Assert.Equal((EntryOutcome.StudyClosed, AssignmentState.Submitted, 1), (late.Outcome, late.Stored.State, late.Stored.Revision));
        Assert.All(await _lab.Studies.ExportAsync(task.StudyId, Cancel), row => Assert.Equal(2, row.Value));
        Assert.All(late.Stored.Form.Scores, score => Assert.Equal(5, score.Value));
    }

    [Fact]
    public async Task TakeBackSkipAsync_SkippedWithAReason_IsSeenByTheOwnerAndComesBackWithItsForm()
    {
        var task = await TaskAsync();
        var skip = new RatingEntry(new EntryStamp("a", 1), [], EntryIntent.Skip, RatingStoreTests.All(task, 3), SkipReason.Broken, "cut off");
        await _lab.Ratings.EnterAsync(Actors.Rater(Rater), task.AssignmentId, skip, Cancel);
        var seen = Assert.Single(await _lab.StudyEntries.SkipsAsync(task.StudyId, Cancel));
        var listed = Assert.Single(await _lab.Ratings.SubmissionsAsync(Rater, Cancel));

        var back = await _lab.Ratings.TakeBackSkipAsync(Actors.Rater(Rater), task.AssignmentId, Cancel);

        Assert.Equal((SkipReason.Broken, "cut off", "R"), (seen.Reason!.Value, seen.Note!, seen.RaterName));
        Assert.Equal((AssignmentState.Skipped, SkipReason.Broken), (listed.State, listed.SkipReason!.Value));
        Assert.True(back);
        var again = (await _lab.Ratings.NextAsync(Actors.Rater(Rater, "R"), task.StudyId, Cancel))!;
        Assert.Equal((task.AssignmentId, 10), (again.AssignmentId, again.Draft.Scores.Count(score => score.Value == 3)));
        Assert.Empty(await _lab.StudyEntries.SkipsAsync(task.StudyId, Cancel));
        Assert.False(await _lab.Ratings.TakeBackSkipAsync(Actors.Rater(Rater), task.AssignmentId, Cancel));
    }

    [Fact]
    public async Task UndoSubmitAsync_OfARevision_LetsTheEarlierSubmissionCountAgain()
    {
        var task = await TaskAsync();
        await EnterAsync(task, "a", 1, EntryIntent.Submit, 2);
        await EnterAsync(task, "a", 2, EntryIntent.Submit, 5);

        var undone = await _lab.Ratings.UndoSubmitAsync(Actors.Rater(Rater), task.AssignmentId, Cancel);
        var twice = await _lab.Ratings.UndoSubmitAsync(Actors.Rater(Rater), task.AssignmentId, Cancel);

        var stored = (await _lab.Ratings.EntryAsync(task.AssignmentId, Rater, Cancel)).Stored;
        Assert.Equal((true, true, AssignmentState.Submitted), (undone, twice, stored.State));
        Assert.All(stored.Form.Scores, score => Assert.Equal(5, score.Value));
        Assert.All(await _lab.Studies.ExportAsync(task.StudyId, Cancel), row => Assert.Equal(2, row.Value));
    }

    [Theory]
    [InlineData("comment")]
    [InlineData("skip_note")]
    [InlineData("skip_reason")]
    [InlineData(null)]
    public async Task EnterAsync_TextTooLongOrScoreOffTheScale_IsRefusedAndStoresNothing(string? field)
    {
        var task = await TaskAsync();
        var comment = new string('长', field == "comment" ? RatingRules.LongestComment + 1 : RatingRules.LongestComment);
        var note = new string('n', field == "skip_note" ? RatingRules.LongestNote + 1 : RatingRules.LongestNote);
        var form = new RatingDraft([new SlotScore(0, "safety", field is null ? 6 : 5)], comment);
        SkipReason? reason = field == "skip_reason" ? null : SkipReason.Other;

        var refused = await Assert.ThrowsAsync<InvalidRatingException>(() => _lab.Ratings.EnterAsync(
            Actors.Rater(Rater), task.AssignmentId, new RatingEntry(new EntryStamp("a", 1), [], EntryIntent.Skip, form, reason, note), Cancel));

        Assert.Equal(field, refused.Field);
        Assert.Null((await _lab.Ratings.EntryAsync(task.AssignmentId, Rater, Cancel)).Stored.Stamp);
    }

    [Fact]
    public async Task SubmitAsync_SubmittedBeforeWithOtherScores_NeedsTheRevision()
    {
        var task = await TaskAsync();
        var first = await _lab.Ratings.SubmitAsync(Actors.Rater(Rater), task.AssignmentId, RatingStoreTests.All(task, 2), cancellationToken: Cancel);
        var same = await _lab.Ratings.SubmitAsync(Actors.Rater(Rater), task.AssignmentId, RatingStoreTests.All(task, 2), cancellationToken: Cancel);

        await Assert.ThrowsAsync<RecordConflictException>(() =>
            _lab.Ratings.SubmitAsync(Actors.Rater(Rater), task.AssignmentId, RatingStoreTests.All(task, 3), cancellationToken: Cancel));

        Assert.Equal(first, same);
        Assert.Single(await _lab.StudyEntries.RevisionsAsync(task.StudyId, Cancel));
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    private const string Rater = "r1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<RatingTask> TaskAsync()
    {
        var study = await _lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(items: 1, overlap: 1), Cancel);
        return (await _lab.Ratings.NextAsync(Actors.Rater(Rater, "R"), study.Id, Cancel))!;
    }

    private Task<EntryReceipt> EnterAsync(RatingTask task, string client, long sequence, EntryIntent intent, int value, params EntryStamp[] known)
    {
        SkipReason? reason = intent == EntryIntent.Skip ? SkipReason.Other : null;
        var entry = new RatingEntry(new EntryStamp(client, sequence), known, intent, RatingStoreTests.All(task, value), reason);
        return _lab.Ratings.EnterAsync(Actors.Rater(Rater), task.AssignmentId, entry, Cancel);
    }
}
