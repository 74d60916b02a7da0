using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Whose turn it is: which item comes next, for how long it is held, and what a closed study still takes.</summary>
public sealed class RatingTurnTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NextAsync_ItemsWithDifferentNumbersOfRaters_GivesThoseWithFewestFirst()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(items: 12, overlap: 3), Cancel);
        var rated = new List<string>();
        for (var item = 0; item < 6; item++) rated.Add(await RateAsync(lab, study.Id, "r1"));

        var second = new List<string>();
        for (var item = 0; item < 12; item++) second.Add(await RateAsync(lab, study.Id, "r2"));

        Assert.Empty(second.Take(6).Intersect(rated));
        Assert.Equal(rated.Order(), second.Skip(6).Order());
    }

    // The lease ends after 30 minutes without a word; every draft and every look at the task starts it again.
    [Theory]
    [InlineData("draft", false)]
    [InlineData("look", false)]
    [InlineData("nothing", true)]
    public async Task Lease_ExtendedByWork_HoldsThePlace(string work, bool freed)
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(items: 1, overlap: 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1"), study.Id, Cancel))!;
        lab.Time.Advance(TimeSpan.FromMinutes(20));
        var entry = new RatingEntry(new EntryStamp("tab", 1), [], EntryIntent.Draft, RatingDraft.Empty);
        if (work == "draft") await lab.Ratings.EnterAsync(Actors.Rater("r1"), task.AssignmentId, entry, Cancel);
        if (work == "look") await lab.Ratings.NextAsync(Actors.Rater("r1"), study.Id, Cancel);

        lab.Time.Advance(TimeSpan.FromMinutes(20));
        var other = await lab.Ratings.NextAsync(Actors.Rater("r2"), study.Id, Cancel);
        lab.Time.Advance(TimeSpan.FromMinutes(10));
        var afterHalfAnHour = await lab.Ratings.NextAsync(Actors.Rater("r2"), study.Id, Cancel);

        Assert.Equal((freed, true), (other is not null, afterHalfAnHour is not null));
    }

    [Fact]
    public async Task Lease_RunOut_StillTakesTheFirstRatersScores()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(items: 1, overlap: 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1"), study.Id, Cancel))!;
        lab.Time.Advance(RatingStore.Lease + TimeSpan.FromSeconds(1));
        Assert.NotNull(await lab.Ratings.NextAsync(Actors.Rater("r2"), study.Id, Cancel));

        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, RatingStoreTests.All(task, 4), Cancel);

        Assert.Equal(10, (await lab.Studies.ExportAsync(study.Id, Cancel)).Count);
    }

    [Fact]
    public async Task TwoStudies_OneClosed_TheOtherGoesOn()
    {
        await using var lab = await LabFixture.CreateAsync();
        var closed = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(2, 1), Cancel);
        var open = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(2, 1), Cancel);
        var late = (await lab.Ratings.NextAsync(Actors.Rater("r1"), closed.Id, Cancel))!;
        var current = (await lab.Ratings.NextAsync(Actors.Rater("r1"), open.Id, Cancel))!;

        await lab.Studies.SetStatusAsync(Actors.Lab, closed.Id, StudyStatus.Closed, Cancel);

        var scores = RatingStoreTests.All(late, 5);
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Ratings.SubmitAsync(Actors.Rater("r1"), late.AssignmentId, scores, Cancel));
        await Assert.ThrowsAsync<RecordNotFoundException>(() => lab.Ratings.NextAsync(Actors.Rater("r1"), closed.Id, Cancel));
        await lab.Ratings.SubmitAsync(Actors.Rater("r1"), current.AssignmentId, RatingStoreTests.All(current, 5), Cancel);
        Assert.Equal([open.Id], (await lab.Ratings.StudiesAsync("r1", Cancel)).Select(study => study.StudyId));
        Assert.Equal([current.AssignmentId], (await lab.Ratings.SubmissionsAsync("r1", Cancel)).Select(one => one.AssignmentId));
        Assert.Empty(await lab.Studies.ExportAsync(closed.Id, Cancel));
        Assert.Equal(10, (await lab.Studies.ExportAsync(open.Id, Cancel)).Count);
    }

    private static async Task<string> RateAsync(LabFixture lab, int studyId, string rater)
    {
        var task = (await lab.Ratings.NextAsync(Actors.Rater(rater), studyId, Cancel))!;
        await lab.Ratings.SubmitAsync(Actors.Rater(rater), task.AssignmentId, RatingStoreTests.All(task, 3), Cancel);
        return task.Prompt;
    }
}
