using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Data.Notifications;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Layout;

namespace R1Lab.Web.Tests.Components;

public sealed class NotificationBellTests : PageTest
{
    private const string Admin = "admin";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public NotificationBellTests() => Services.AddSingleton<TimeProvider>(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bell_NotificationClicked_IsReadAndLeadsToItsPage()
    {
        var run = await EndAsync(Admin, RunStatus.Failed);
        var bell = Show<NotificationBell>();
        bell.WaitForAssertion(() => Assert.Equal("Notifications, 1 unread", Button(bell).GetAttribute("aria-label")), Patience);

        await Button(bell).ClickAsync(new());
        Assert.Contains("Run “r” has failed", bell.Find("[data-testid=notification-panel]").TextContent, StringComparison.Ordinal);
        await bell.Find("[data-notification=run_failed]").ClickAsync(new());

        Assert.EndsWith($"/runs/{run}", Get<NavigationManager>().Uri, StringComparison.Ordinal);
        Assert.Empty(bell.FindAll("[data-testid=notification-panel]"));
        Assert.Equal(0, (await Get<NotificationStore>().ListAsync(Admin, 10, Cancellation)).Unread);
    }

    [Fact]
    public async Task Bell_RunThatEndsMeanwhile_IsAnnouncedOnce()
    {
        var bell = Show<NotificationBell>();
        bell.WaitForAssertion(() => Assert.Equal("Notifications, 0 unread", Button(bell).GetAttribute("aria-label")), Patience);
        await EndAsync("somebody", RunStatus.Finished);
        await EndAsync(Admin, RunStatus.Finished);

        bell.WaitForAssertion(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal("Notifications, 1 unread", Button(bell).GetAttribute("aria-label"));
        }, Patience);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("Run “r” has finished", Assert.Single(Get<ISnackbar>().ShownSnackbars).Message);
    }

    [Fact]
    public async Task Bell_AllMarkedReadElsewhere_ShowsIt()
    {
        await EndAsync(Admin, RunStatus.Finished);
        var (here, elsewhere) = (Show<NotificationBell>(), Render<NotificationBell>());
        elsewhere.WaitForAssertion(() => Assert.Equal("Notifications, 1 unread", Button(elsewhere).GetAttribute("aria-label")), Patience);
        await Button(elsewhere).ClickAsync(new());

        await elsewhere.Find("[data-testid=notifications-read]").ClickAsync(new());

        Assert.Empty(elsewhere.FindAll("[data-testid=notifications-read]"));
        here.WaitForAssertion(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal("Notifications, 0 unread", Button(here).GetAttribute("aria-label"));
        }, Patience);
    }

    [Fact]
    public async Task Bell_EscapePressed_Closes()
    {
        var bell = Show<NotificationBell>();
        await Button(bell).ClickAsync(new());
        Assert.Contains("Nothing yet", bell.Find("[data-testid=notification-panel]").TextContent, StringComparison.Ordinal);

        await bell.Find(".notification-bell").KeyDownAsync(new Microsoft.AspNetCore.Components.Web.KeyboardEventArgs { Key = "Escape" });

        Assert.Empty(bell.FindAll("[data-testid=notification-panel]"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".zh-CN")]
    public void Texts_OfEveryKind_AreThere(string language)
    {
        var texts = File.ReadAllText(Path.Combine(ReferenceFiles.Repository, "src", "R1Lab.Web", "Components", "Layout", $"NotificationBell{language}.resx"));

        Assert.All(NotificationKinds.All, kind => Assert.Contains($"name=\"Kind_{kind}\"", texts, StringComparison.Ordinal));
    }

    private static AngleSharp.Dom.IElement Button(IRenderedComponent<NotificationBell> bell) => bell.Find("[data-testid=notifications]");

    private async Task<int> EndAsync(string owner, RunStatus status)
    {
        var run = await Get<RunStore>().CreateAsync(Actors.User(owner, LabRoles.Trainer), new NewRun("r", "{}", "m"), Cancellation);
        await Get<RunStore>().ClaimNextAsync(Actors.Lab, Cancellation);
        await Get<RunStore>().SetStatusAsync(Actors.Lab, run.Id, status, cancellationToken: Cancellation);
        return run.Id;
    }
}
