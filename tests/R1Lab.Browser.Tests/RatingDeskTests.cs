using Microsoft.Playwright;
using R1Lab.Tests.Shared;
using R1Lab.Tests.Shared.Desk;

namespace R1Lab.Browser.Tests;

/// <summary>The rating desk behind a network that fails: what was typed is what is stored, and the page never claims more.</summary>
public sealed class RatingDeskTests(SharedDeskLab shared) : IClassFixture<SharedDeskLab>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sessions_WithOutagesAndAKilledServer_StoreWhatWasTyped()
    {
        var lab = await shared.StartedAsync();
        var raters = new[] { "r1", "r2", "r3", "r4", "r5" };
        await lab.AdmitAsync(raters);
        var sessions = raters.Select((rater, index) => DeskRuns.OutagesAsync(lab, rater, sessions: 2, itemsEach: 2, TimeSpan.FromSeconds(8), seed: index)).ToList();
        await Task.Delay(TimeSpan.FromSeconds(6), Cancel);
        await lab.Server.CrashAndRestartAsync(Cancel);

        var tally = (await Task.WhenAll(sessions)).Aggregate((all, one) => all.With(one));

        Assert.Equal((10, 20, 220), (tally.Sessions, tally.Items, tally.Fields));
        Assert.Empty(tally.Differences);
    }

    [Theory]
    [InlineData(50, 100)]
    [InlineData(300, 0)]
    public async Task Keys_TypedFastOverASlowNetwork_LandOnTheirCriteria(int roundTrip, int keyGap)
    {
        var lab = await shared.StartedAsync();
        var tally = await DeskRuns.TypeAsync(lab, $"typist-{roundTrip}", TimeSpan.FromMilliseconds(roundTrip), keyGap, items: 8, seed: 1);

        Assert.Equal((8, 88), (tally.Items, tally.Fields));
        Assert.Empty(tally.Differences);
    }

    [Fact]
    public async Task Status_PacketsSwallowed_SaysNotSavedWithinASecondAndNeverSaved()
    {
        var lab = await shared.StartedAsync();
        await using var proxy = new FaultyProxy(lab.Server.Address.Port);
        var (desk, context) = await lab.SeatAsync("r6", proxy.Address, new Random(1));
        await using var _ = context;
        await desk.OpenAsync();
        var notice = desk.Page.GetByTestId("rate-notice");
        await desk.Page.Keyboard.PressAsync("2");
        await Assertions.Expect(notice).ToHaveAttributeAsync("data-state", "saved", new() { Timeout = LabPage.Patience });

        proxy.Begin(NetworkFault.Swallow);
        await desk.Page.Keyboard.PressAsync("5");
        var afterKey = await notice.GetAttributeAsync("data-state");
        await Assertions.Expect(notice).ToContainTextAsync("Not saved yet", new() { Timeout = (float)Patience.For(TimeSpan.FromSeconds(1)).TotalMilliseconds });
        proxy.End();
        await Assertions.Expect(notice).ToHaveAttributeAsync("data-state", "saved", new() { Timeout = LabPage.Patience });

        Assert.Equal("saving", afterKey);
        Assert.Equal("2 5", await DraftAsync(desk.Page));
    }

    [Fact]
    public async Task Reload_WhileUnsent_BringsTheFormBackAndSendsIt()
    {
        var lab = await shared.StartedAsync();
        await using var proxy = new FaultyProxy(lab.Server.Address.Port);
        var (desk, context) = await lab.SeatAsync("r7", proxy.Address, new Random(1));
        await using var _ = context;
        await desk.OpenAsync();
        proxy.Begin(NetworkFault.Cut);
        await desk.Page.Keyboard.TypeAsync("314");
        await desk.Page.GetByTestId("rate-comment").FillAsync("未保存");
        proxy.End();

        await desk.OpenAsync();

        await Assertions.Expect(desk.Page.GetByTestId("rate-comment")).ToHaveValueAsync("未保存", new() { Timeout = LabPage.Patience });
        await Assertions.Expect(desk.Page.GetByTestId("rate-notice")).ToHaveAttributeAsync("data-state", "saved", new() { Timeout = LabPage.Patience });
        Assert.Equal("3 1 4", await DraftAsync(desk.Page));
    }

    [Fact]
    public async Task SecondTab_ChangesASubmittedQuestion_IsToldAndReplacesOnlyWhenAsked()
    {
        var lab = await shared.StartedAsync();
        var (first, context) = await lab.SeatAsync("r8", lab.Server.Address, new Random(1));
        await using var _ = context;
        var second = new DeskRater(await context.NewPageAsync(), new Random(2));
        await first.OpenAsync();
        await second.OpenAsync();
        await first.RateAsync(0, withComment: false);
        var submitted = first.Typed[0];

        await second.Page.BringToFrontAsync();
        await second.Page.Keyboard.PressAsync("1");
        var told = second.Page.GetByTestId("rate-conflict");
        await Assertions.Expect(told).ToContainTextAsync("submitted in another tab", new() { Timeout = LabPage.Patience });
        var untouched = lab.Records.Submitted("r8")[submitted.Prompt];
        await second.Page.GetByTestId("rate-show-stored").ClickAsync();
        await Assertions.Expect(told).ToBeHiddenAsync();
        await second.RateAsync(0, withComment: false);

        Assert.Empty(submitted.Differences(untouched));
        Assert.Empty(second.Typed[0].Differences(lab.Records.Submitted("r8")[submitted.Prompt]));
        Assert.Equal(2, lab.Records.Count("SELECT COUNT(*) FROM RatingRevisions r JOIN Assignments a ON a.Id = r.AssignmentId WHERE a.RaterName = 'r8'"));
    }

    [Fact]
    public async Task Arrows_OnAChosenPoint_MoveAndNeverChangeAScore()
    {
        var lab = await shared.StartedAsync();
        var (desk, context) = await lab.SeatAsync("r9", lab.Server.Address, new Random(1));
        await using var _ = context;
        await desk.OpenAsync();
        await desk.Page.Keyboard.TypeAsync("23");

        foreach (var key in new[] { "ArrowUp", "ArrowLeft", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp" }) await desk.Page.Keyboard.PressAsync(key);
        var current = await desk.Page.Locator("fieldset.is-current").GetAttributeAsync("id");
        await desk.Page.Keyboard.PressAsync("ArrowDown");
        await desk.Page.Keyboard.PressAsync("ArrowDown");
        await desk.Page.Keyboard.PressAsync("Space");

        Assert.Equal("score-0-relevance", current);
        Assert.Equal(["2", "3", "1"], await ChosenAsync(desk.Page));
    }

    [Fact]
    public async Task UndoBar_OnADesktopAndAPhone_NeverCoversSubmit()
    {
        var lab = await shared.StartedAsync();
        var (desk, context) = await lab.SeatAsync("r10", lab.Server.Address, new Random(1));
        await using var _ = context;
        await desk.OpenAsync();
        await desk.RateAsync(0, withComment: false);
        foreach (var (width, height) in new[] { (1440, 900), (390, 844) })
        {
            await desk.Page.SetViewportSizeAsync(width, height);
            await desk.Page.EvaluateAsync("() => document.querySelector('[data-desk-undo]').hidden = false"); // its ten seconds may be over
            await desk.Page.GetByTestId("rate-submit").ClickAsync(new() { Trial = true, Timeout = LabPage.Patience });
            var undo = (await desk.Page.GetByTestId("rate-undo").BoundingBoxAsync())!;
            var submit = (await desk.Page.GetByTestId("rate-submit").BoundingBoxAsync())!;
            Assert.True(undo.Y + undo.Height <= submit.Y || submit.Y + submit.Height <= undo.Y, $"{undo.Y} {submit.Y}");
        }
    }

    [Fact]
    public async Task ReconnectDialog_OnAnotherPage_IsInTheMiddle()
    {
        var lab = await shared.StartedAsync();
        await using var proxy = new FaultyProxy(lab.Server.Address.Port);
        var (desk, context) = await lab.SeatAsync("ada", proxy.Address, new Random(1));
        await using var _ = context;
        await desk.Page.GotoAsync("");
        await desk.Page.WaitForSelectorAsync("main h1", new() { Timeout = LabPage.Patience });
        proxy.Begin(NetworkFault.Cut);
        var dialog = desk.Page.Locator("#components-reconnect-modal[open]");
        await dialog.WaitForAsync(new() { Timeout = LabPage.Patience });
        var box = (await dialog.BoundingBoxAsync())!;
        var size = desk.Page.ViewportSize!;
        proxy.End();

        Assert.InRange(box.X + (box.Width / 2) - (size.Width / 2.0), -1, 1);
        Assert.InRange(box.Y + (box.Height / 2) - (size.Height / 2.0), -1, 1);
    }

    private static Task<string[]> ChosenAsync(IPage page) =>
        page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('fieldset[data-criterion] input:checked')].map(input => input.value)");

    /// <summary>The scores stored for the question on the page, in the order of the form.</summary>
    private static async Task<string> DraftAsync(IPage page)
    {
        var assignment = await page.Locator("[data-rating-desk]").GetAttributeAsync("data-assignment");
        var answer = await page.APIRequest.GetAsync($"api/v1/ratings/{assignment}");
        var entry = (await answer.JsonAsync())!.Value;
        return string.Join(' ', entry.GetProperty("scores").EnumerateArray().Select(score => score.GetProperty("value").GetInt32()));
    }
}

/// <summary>One lab for all tests of the desk, each with raters of its own.</summary>
public sealed class SharedDeskLab : IAsyncDisposable
{
    private static readonly string[] Raters = [.. Enumerable.Range(1, 12).Select(number => $"r{number}"), "typist-50", "typist-300"];

    private Browser? _browser;
    private DeskLab? _lab;

    /// <summary>Starts it for the first test, which is skipped where there is no browser.</summary>
    internal async Task<DeskLab> StartedAsync()
    {
        if (_lab is not null) return _lab;
        _browser ??= await Browser.StartAsync();
        return _lab = await DeskLab.StartAsync(_browser.Chromium, Raters, items: 10, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null) await _lab.DisposeAsync();
        if (_browser is not null) await _browser.DisposeAsync();
    }
}
