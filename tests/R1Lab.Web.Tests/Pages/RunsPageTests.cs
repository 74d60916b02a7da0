using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

public sealed class RunsPageTests : RunPageTest
{
    [Fact]
    public void Page_NoRuns_SaysWhatARunIsAndOffersOne()
    {
        var page = Show<RunsPage>();

        var empty = page.WaitForElement("[data-testid=empty-state]");
        Assert.Equal("/runs/new", empty.QuerySelector("a")!.GetAttribute("href"));
    }

    [Fact]
    public void Page_NoRunsForAViewer_OffersNoButton()
    {
        SignIn("eve", LabRoles.Viewer);

        var page = Show<RunsPage>();

        Assert.Null(page.WaitForElement("[data-testid=empty-state]").QuerySelector("a"));
    }

    [Fact]
    public async Task Page_SomeRuns_ShowsThemNewestFirstWithOwnerAndState()
    {
        await AddRunAsync("first");
        await AddRunAsync("second");

        var page = Show<RunsPage>();

        page.WaitForElement(".run-link");
        Assert.Equal(["second", "first"], page.FindAll(".run-list .run-link").Select(link => link.TextContent));
        Assert.Equal("Queued", page.Find(".run-list [data-status]").TextContent.Trim());
        Assert.Contains("Li", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_SearchWithoutMatch_SaysSoAndClears()
    {
        await AddRunAsync("first");
        var page = Show<RunsPage>();
        page.WaitForElement(".run-link");

        await page.Find(".runs-filter input").InputAsync("nothing like that");
        page.WaitForElement("[data-testid=empty-state] button").Click();

        Assert.Equal("first", page.WaitForElement(".run-link").TextContent);
    }

    [Fact]
    public async Task Page_NewsOfARun_MovesItsRow()
    {
        var run = await AddRunAsync("first");
        var page = Show<RunsPage>();
        page.WaitForElement(".run-link");

        Get<RunFeed>().Publish(run.Id, new RunProgress { Status = RunStatus.Running, TotalSteps = 100, Step = 40, Loss = 1.25 });

        page.WaitForAssertion(() => Assert.Equal("Running", page.Find(".run-list [data-status]").TextContent.Trim()), Patience);
        Assert.Contains("40 of 100 steps", page.Markup, StringComparison.Ordinal);
        Assert.Contains("1.2500", page.Markup, StringComparison.Ordinal);
    }
}

public sealed class ChineseRunsPageTests() : RunPageTest("zh-CN")
{
    [Fact]
    public async Task Page_InChinese_SpeaksChinese()
    {
        await AddRunAsync("第一次");

        var page = Show<RunsPage>();

        Assert.Equal("第一次", page.WaitForElement(".run-link").TextContent);
        Assert.Equal("排队中", page.Find(".run-list [data-status]").TextContent.Trim());
        Assert.Equal("训练任务", page.Find("h1").TextContent);
    }
}
