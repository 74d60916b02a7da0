using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Notifications;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Who is notified of what, and what becomes of it.</summary>
public sealed class NotificationStoreTests : IAsyncLifetime
{
    private const string Ada = "ada";
    private const string Ben = "ben";

    private LabFixture _lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabFixture.CreateAsync();
        await AddUserAsync(Ada, LabRoles.Trainer);
        await AddUserAsync(Ben, LabRoles.Rater);
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Theory]
    [InlineData(RunStatus.Finished, NotificationKinds.RunFinished)]
    [InlineData(RunStatus.Failed, NotificationKinds.RunFailed)]
    [InlineData(RunStatus.Paused, NotificationKinds.RunPaused)]
    [InlineData(RunStatus.Stopped, null)]
    [InlineData(RunStatus.Interrupted, null)]
    public async Task Run_ThatEnds_NotifiesItsOwner(RunStatus status, string? kind)
    {
        var run = await RunningAsync(Ada);

        await _lab.Runs.SetStatusAsync(Actors.Lab, run, status, "why", Cancel);

        Assert.Equal(kind is null ? [] : [(kind, "r", $"runs/{run}", false)], await SeenAsync(Ada));
        Assert.Empty(await SeenAsync(Ben));
    }

    [Fact]
    public async Task Run_StatusThatIsRefused_NotifiesNoOne()
    {
        var run = (await _lab.Runs.CreateAsync(Actors.User(Ada), new NewRun("r", "{}", "m"), Cancel)).Id;

        Assert.False(await _lab.Runs.SetStatusAsync(Actors.Lab, run, RunStatus.Finished, cancellationToken: Cancel)); // it has not started

        Assert.Empty(await SeenAsync(Ada));
    }

    [Theory]
    [InlineData("key 7")]
    [InlineData("gone")]
    public async Task Run_OfNoAccount_NotifiesNoOne(string owner)
    {
        await _lab.Runs.SetStatusAsync(Actors.Lab, await RunningAsync(owner), RunStatus.Finished, cancellationToken: Cancel);

        Assert.Empty(await SeenAsync(owner));
    }

    [Fact]
    public async Task Study_ThatOpens_NotifiesOthersWhoMayRate()
    {
        await AddUserAsync("viewer", LabRoles.Viewer);
        await AddUserAsync("left", LabRoles.Rater);
        await _lab.Users.SetDisabledAsync(Actors.Lab, "left", true, Cancel);
        var study = await _lab.Studies.CreateAsync(Actors.User(Ada), RatingStoreTests.Sample(1, 1), Cancel);

        Assert.Equal([(NotificationKinds.RatingWaits, study.Name, "rate", false)], await SeenAsync(Ben));
        foreach (var other in new[] { Ada, "viewer", "left" }) Assert.Empty(await SeenAsync(other));

        await _lab.Studies.SetStatusAsync(Actors.User(Ada), study.Id, StudyStatus.Open, Cancel); // it is open already
        await _lab.Studies.SetStatusAsync(Actors.User(Ada), study.Id, StudyStatus.Closed, Cancel);
        Assert.Single(await SeenAsync(Ben));
        await _lab.Studies.SetStatusAsync(Actors.User(Ada), study.Id, StudyStatus.Open, Cancel);
        Assert.Equal(2, (await SeenAsync(Ben)).Count);
    }

    [Theory]
    [InlineData(true, NotificationKinds.StudyReady)]
    [InlineData(false, NotificationKinds.StudyFailed)]
    public async Task Study_WhoseAnswersAreWritten_NotifiesItsOwner(bool succeeded, string kind)
    {
        var draft = RatingStoreTests.Sample(1, 1) with { Status = StudyStatus.Draft };
        var study = await _lab.Studies.CreateAsync(Actors.User(Ada), draft, Cancel);

        await _lab.Studies.NoteWritingEndedAsync(Actors.Lab, study.Id, succeeded, Cancel);

        Assert.Equal([(kind, study.Name, $"studies/{study.Id}", false)], await SeenAsync(Ada));
        Assert.Empty(await SeenAsync(Ben));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(60, 1)]
    public async Task Import_ThatTookLong_NotifiesItsOwner(int seconds, int notifications)
    {
        IEnumerable<NewRow> Rows()
        {
            yield return TestRows.Pair("a", "b");
            _lab.Time.Advance(TimeSpan.FromSeconds(seconds));
        }

        var dataset = await _lab.Datasets.CreateAsync(Actors.User(Ada), new NewDataset("d", DatasetFormats.PromptResponse), Rows(), Cancel);

        Assert.Equal([.. Enumerable.Repeat((NotificationKinds.ImportFinished, "d", $"datasets/{dataset.Id}", false), notifications)], await SeenAsync(Ada));
    }

    [Fact]
    public async Task MarkAllRead_WhileAnotherArrives_LeavesThatUnread()
    {
        var first = await FinishAsync(Ada);
        var seen = await _lab.Notifications.ListAsync(Ada, 10, Cancel);
        await FinishAsync(Ada);

        await _lab.Notifications.MarkAllReadAsync(Actors.User(Ada), seen.Newest[0].Id, Cancel);

        var list = await _lab.Notifications.ListAsync(Ada, 10, Cancel);
        Assert.Equal([false, true], list.Newest.Select(one => one.IsRead));
        Assert.Equal(1, list.Unread);
        Assert.Equal($"runs/{first}", list.Newest[1].Address);
    }

    [Fact]
    public async Task List_OfAPersonWithVeryMany_KeepsTheNewest()
    {
        for (var made = 0; made < 205; made++) await FinishAsync(Ada);
        await FinishAsync("key 7");

        var list = await _lab.Notifications.ListAsync(Ada, 1000, Cancel);

        Assert.Equal((200, 200), (list.Newest.Count, list.Unread));
        Assert.Equal("runs/205", list.Newest[0].Address);
        Assert.Equal((list.Newest[0].Id, 200), await _lab.Notifications.StateAsync(Ada, Cancel));
    }

    private Task AddUserAsync(string name, string role) => _lab.Users.CreateAsync(Actors.Lab, new LabUser { Id = name, UserName = name }, role, Cancel);

    private async Task<int> RunningAsync(string owner)
    {
        var run = (await _lab.Runs.CreateAsync(Actors.User(owner), new NewRun("r", "{}", "m"), Cancel)).Id;
        await _lab.Runs.ClaimNextAsync(Actors.Lab, Cancel);
        return run;
    }

    private async Task<int> FinishAsync(string owner)
    {
        var run = await RunningAsync(owner);
        await _lab.Runs.SetStatusAsync(Actors.Lab, run, RunStatus.Finished, cancellationToken: Cancel);
        return run;
    }

    private async Task<List<(string Kind, string Subject, string Address, bool IsRead)>> SeenAsync(string user) =>
        [.. (await _lab.Notifications.ListAsync(user, 10, Cancel)).Newest.Select(one => (one.Kind, one.Subject, one.Address, one.IsRead))];
}
