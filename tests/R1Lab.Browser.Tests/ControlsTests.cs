using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>Every control of every page does something. It has a lab of its own: what is operated changes the data of the other tests.</summary>
public sealed class ControlsTests(FilledLab lab) : IClassFixture<FilledLab>
{
    /// <summary>Controls that are left alone, by the end of their key, and why.</summary>
    private static readonly Dictionary<string, string> Exempt = new()
    {
        ["button sign-out"] = "ends the session of the other controls; operated at the end",
        ["button rate-refresh"] = "asks for more questions, and there are none",
        ["/chat/#: summary \"Thought (# characters)\""] = "a native disclosure, of an answer that the next question to the same model replaces",
        ["/runs: button compare"] = "needs two chosen rows of one kind; operated at the end",
        ["/runs: button up"] = "only one run waits; QueueTests moves several",
        ["/runs: button down"] = "only one run waits; QueueTests moves several",
        ["/system/users: button \"Reset password\""] = "of the only administrator: ends the session of the other controls",
        ["/system/users: button \"Disable\""] = "of the only administrator: refused, as the change of the role was before",
    };

    /// <summary>Pages whose controls end or delete what the others show; they come last.</summary>
    private static readonly string[] Last = ["chat", "models", "studies/1", "runs/3"];

    [Fact(Explicit = true)] // takes eight minutes: run by hand, with --explicit only
    public async Task Controls_OfEveryPage_HaveAnEffect()
    {
        var page = await lab.OpenAsync("en", 1440, "light");
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var errors = new List<string>();
        page.PageError += (_, message) => errors.Add(message);
        var walk = new ControlWalk(page, "en", key => Exempt.Keys.Any(end => key.EndsWith(end, StringComparison.Ordinal)));

        foreach (var path in FilledLab.Pages.OrderBy(path => Array.IndexOf(Last, path.Address))) await walk.WalkAsync(path);
        await CompareAsync(page);
        await page.GotoAsync("");
        await page.GetByTestId("user-menu").ClickAsync(new() { Timeout = LabPage.Patience });
        await page.GetByTestId("sign-out").ClickAsync(new() { Timeout = LabPage.Patience });
        await page.WaitForURLAsync("**/account/sign-in**", new() { Timeout = LabPage.Patience });

        Assert.Empty(errors);
        var faults = walk.Faults.ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(walk.Operated.Count > 200, $"Only {walk.Operated.Count} controls were found.");
    }

    private static async Task CompareAsync(IPage page)
    {
        await page.GotoAsync("runs");
        foreach (var row in new[] { 0, 1 }) await page.Locator("[data-choose]").Nth(row).CheckAsync(new() { Timeout = LabPage.Patience });
        await page.Locator("[data-action=compare]").ClickAsync(new() { Timeout = LabPage.Patience });
        await page.WaitForURLAsync("**/compare?runs=*", new() { Timeout = LabPage.Patience });
    }
}
