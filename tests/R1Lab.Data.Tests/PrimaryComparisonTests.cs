using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>The comparison a study is made for is chosen before the first rating, or not at all.</summary>
public sealed class PrimaryComparisonTests
{
    private static readonly PrimaryComparison Chosen = new("safety", "demo", "demo-tuned");

    [Fact]
    public async Task SetPrimaryAsync_BeforeTheFirstRating_IsStoredAndUsed()
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(2, 1) with { Primary = Chosen with { Criterion = "fluency" } }, Cancel);
        await lab.Ratings.NextAsync(Actors.Rater("r1"), study.Id, Cancel); // shown, but nothing entered yet

        await lab.Studies.SetPrimaryAsync(Actors.Lab, study.Id, Chosen, Cancel);

        Assert.Equal(Chosen, (await lab.Studies.GetAsync(study.Id, Cancel))!.Study.Primary);
        Assert.Equal("safety", (await lab.Studies.ResultsAsync(study.Id, Cancel)).Primary!.Criterion);
        Assert.False(await lab.Studies.HasRatingsAsync(study.Id, Cancel));
        await lab.Studies.SetPrimaryAsync(Actors.Lab, study.Id, null, Cancel);
        Assert.Null((await lab.Studies.GetAsync(study.Id, Cancel))!.Study.Primary);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SetPrimaryAsync_OnceARaterEnteredSomething_IsRefused(bool submitted)
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(2, 1), Cancel);
        var other = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(2, 1), Cancel);
        var task = (await lab.Ratings.NextAsync(Actors.Rater("r1"), study.Id, Cancel))!;
        if (submitted) await lab.Ratings.SubmitAsync(Actors.Rater("r1"), task.AssignmentId, RatingStoreTests.All(task, 3), Cancel);
        else
            await lab.Ratings.EnterAsync(
                Actors.Rater("r1"), task.AssignmentId, new RatingEntry(new EntryStamp("tab", 1), [], EntryIntent.Draft, new RatingDraft([new SlotScore(0, "safety", 3)])), Cancel);

        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Studies.SetPrimaryAsync(Actors.Lab, study.Id, Chosen, Cancel));

        Assert.Null((await lab.Studies.GetAsync(study.Id, Cancel))!.Study.Primary);
        await lab.Studies.SetPrimaryAsync(Actors.Lab, other.Id, Chosen, Cancel);
    }

    [Theory]
    [InlineData("charm", "demo", "demo-tuned")]
    [InlineData("safety", "demo", "demo")]
    [InlineData("safety", "demo", "stranger")]
    public async Task SetPrimaryAsync_NotOfTheStudy_IsRefused(string criterion, string first, string second)
    {
        await using var lab = await LabFixture.CreateAsync();
        var study = await lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(1, 1), Cancel);
        var wrong = new PrimaryComparison(criterion, first, second);

        await Assert.ThrowsAsync<ArgumentException>(() => lab.Studies.SetPrimaryAsync(Actors.Lab, study.Id, wrong, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => lab.Studies.CreateAsync(Actors.Lab, RatingStoreTests.Sample(1, 1) with { Primary = wrong }, Cancel));
        await Assert.ThrowsAsync<RecordNotFoundException>(() => lab.Studies.SetPrimaryAsync(Actors.Lab, 99, null, Cancel));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
