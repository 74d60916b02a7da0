using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Pages.Administration;

namespace R1Lab.Web.Tests.Pages;

/// <summary>Ends and rotation of keys on their page.</summary>
public sealed class KeyRotationPageTests : PageTest
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public KeyRotationPageTests() => Services.AddSingleton<TimeProvider>(_time);

    [Theory]
    [InlineData(30)]
    [InlineData(90)]
    [InlineData(365)]
    [InlineData(0)]
    public async Task Create_WithAChosenLifetime_StoresTheEnd(int days)
    {
        var page = Show<Keys>();
        await page.WaitForElement("input[data-testid=key-name]").ChangeAsync(new() { Value = "notebook" });
        await page.Find($"[data-testid=lifetime-{days}]").ChangeAsync(new() { Value = days.ToString(System.Globalization.CultureInfo.InvariantCulture) });

        await page.Find("[data-testid=key-create]").ClickAsync(new());

        Assert.Equal(days == 0 ? null : _time.GetUtcNow().AddDays(days), (await OnlyKeyAsync()).ExpiresAt);
    }

    [Fact]
    public async Task Create_WithoutAChoice_EndsAfterNinetyDays()
    {
        var page = Show<Keys>();
        await page.WaitForElement("input[data-testid=key-name]").ChangeAsync(new() { Value = "notebook" });

        await page.Find("[data-testid=key-create]").ClickAsync(new());

        Assert.Equal(_time.GetUtcNow().AddDays(90), (await OnlyKeyAsync()).ExpiresAt);
    }

    [Fact]
    public async Task Create_Key_OffersToCopyIt()
    {
        var page = Show<Keys>();
        await page.WaitForElement("input[data-testid=key-name]").ChangeAsync(new() { Value = "notebook" });

        await page.Find("[data-testid=key-create]").ClickAsync(new());

        var source = page.WaitForElement("[data-testid=copy]").GetAttribute("data-copy");
        Assert.Equal(page.Find("[data-testid=key-secret]").TextContent, page.Find($"#{source}").TextContent);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(7, true)]
    public async Task Rotate_WithAnOverlap_ShowsTheNewSecretAndTheEndOfTheOld(int days, bool oldWorks)
    {
        var issued = await IssueAsync(lifetime: 90);
        var page = Show<Keys>();

        await RotateAsync(page, days);

        var secret = page.WaitForElement("[data-testid=key-secret]").TextContent;
        var store = Get<AccessStore>();
        Assert.Equal((oldWorks, true), (await store.FindKeyAsync(issued.Secret, Cancel) is not null, await store.FindKeyAsync(secret, Cancel) is not null));
        Assert.Equal(oldWorks ? 1 : 0, page.FindAll("[data-testid=earlier-secret]").Count);
        Assert.Contains(oldWorks ? "keeps working until" : "ended", page.Find("[data-testid=new-secret]").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(365)]
    [InlineData(0)]
    public async Task Rotate_WithoutAChoice_GivesTheLifetimeItHad(int days)
    {
        await IssueAsync(days);
        _time.Advance(TimeSpan.FromDays(20));
        var page = Show<Keys>();

        await RotateAsync(page, 1);

        page.WaitForElement("[data-testid=key-secret]");
        Assert.Equal(days == 0 ? null : _time.GetUtcNow().AddDays(days), (await OnlyKeyAsync()).ExpiresAt);
    }

    [Fact]
    public async Task Rotate_KeyRotatedMeanwhile_SaysSoAndShowsNoSecret()
    {
        var issued = await IssueAsync(lifetime: 90);
        var page = Show<Keys>();
        page.WaitForElement("[data-testid=key-rotate]");
        await Get<AccessStore>().RotateKeyAsync(Actors.Lab, issued.Key, TimeSpan.Zero, null, Cancel);

        await RotateAsync(page, 1);

        Assert.Contains("changed by somebody else", page.WaitForElement(".error-panel").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-testid=key-secret]"));
    }

    [Theory]
    [InlineData(15, 0)]
    [InlineData(14, 1)]
    [InlineData(1, 1)]
    public async Task Page_WithAKeyThatEndsSoon_NamesIt(int daysLeft, int notices)
    {
        await IssueAsync(lifetime: 30);
        _time.Advance(TimeSpan.FromDays(30 - daysLeft));

        var page = Show<Keys>();

        page.WaitForElement("[data-testid=keys]");
        Assert.Equal(notices, page.FindAll("[data-testid=expiring-keys]").Count);
    }

    [Fact]
    public async Task Page_WithAnExpiredKey_SaysSoAndHidesItsEarlierSecrets()
    {
        var issued = await IssueAsync(lifetime: 30);
        await Get<AccessStore>().RotateKeyAsync(Actors.Lab, issued.Key, TimeSpan.FromDays(7), _time.GetUtcNow().AddDays(1), Cancel);
        _time.Advance(TimeSpan.FromDays(2));

        var page = Show<Keys>();

        Assert.StartsWith("Expired", page.WaitForElement("[data-testid=key-end]").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-testid=earlier-secret]"));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<ApiKey> OnlyKeyAsync() => Assert.Single(await Get<AccessStore>().ListKeysAsync(cancellationToken: Cancel));

    private Task<IssuedApiKey> IssueAsync(int lifetime) =>
        Get<AccessStore>().CreateKeyAsync(Actors.Lab, "notebook", [ApiScopes.Read], null, KeyLifetimes.EndOf(lifetime, _time.GetUtcNow()), Cancel);

    private async Task RotateAsync(IRenderedComponent<Keys> page, int overlapDays)
    {
        var asked = page.WaitForElement("[data-testid=key-rotate]").ClickAsync(new());
        await Dialogs.WaitForElement($"[data-testid=overlap-{overlapDays}]").ChangeAsync(new() { Value = "on" });
        await Dialogs.Find("[data-testid=rotate-submit]").ClickAsync(new());
        await asked;
    }
}
