using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Running;

namespace R1Lab.Web.Tests.Pages;

public sealed class RunPageTests : RunPageTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void Page_UnknownRun_SaysSo()
    {
        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, 99));

        Assert.Contains("does not exist", page.WaitForElement("[data-testid=empty-state]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_QueuedRun_CanBeStopped()
    {
        var run = await AddRunAsync("first");
        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        page.WaitForElement("[data-action=stop]").Click();

        page.WaitForElement("[data-action=resume]", Patience);
        Assert.Equal(RunStatus.Stopped, (await Get<RunStore>().GetAsync(run.Id, TestContext.Current.CancellationToken))!.Status);
    }

    [Fact]
    public async Task Page_Viewer_HasNoButtons()
    {
        SignIn("eve", LabRoles.Viewer);
        var run = await AddRunAsync("first");

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        page.WaitForElement("[data-status]");
        Assert.Empty(page.FindAll("[data-action=stop], [data-action=resume]"));
    }

    [Fact]
    public async Task Page_RunUnderWay_ShowsChartsAndStateFromTheStore()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 40);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        page.WaitForElement("[data-chart=loss]");
        Assert.Equal(RunChart.All.Select(chart => chart.Key), page.FindAll("[data-chart]").Select(chart => chart.GetAttribute("data-chart")));
        Assert.Equal("40 of 100", page.Find("[data-fact=Step] dd").TextContent);
        Assert.Equal("0.0500", page.Find("[data-fact=Loss] dd").TextContent);
        Assert.Equal("1 min 20 s", page.Find("[data-fact=Elapsed] dd").TextContent);
    }

    [Fact]
    public async Task Page_NewStep_MovesStateAndTimeLeft()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 3);
        Get<RunFeed>().Publish(run.Id, new RunProgress { Status = RunStatus.Running, Step = 3, TotalSteps = 100 });
        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));
        page.WaitForElement("[data-chart=loss]");

        Get<RunFeed>().Publish(Metric(run, 4));

        page.WaitForAssertion(() => Assert.Equal("4 of 100", page.Find("[data-fact=Step] dd").TextContent), Patience);
        Assert.Equal("3 min 12 s", page.Find("[data-fact=Remaining] dd").TextContent);
    }

    [Fact]
    public async Task Page_TableWanted_ShowsTheNumbers()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 5);
        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        page.WaitForElement("[data-action=table]").Click();

        page.WaitForElement(".metric-table");
        Assert.Empty(page.FindAll("[data-chart]"));
    }

    [Fact]
    public async Task Page_Events_AreSentencesOfTheirKind()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 1);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        Assert.Contains("90 training rows, 10 validation rows, 100 steps, 4,096 trained parameters", page.WaitForElement("[data-kind=started]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_FailedRun_SaysWhyAndOffersToGoOn()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 1);
        await Get<RunStore>().SetStatusAsync(run.Id, RunStatus.Failed, "R1L-OOM-01: out of memory", TestContext.Current.CancellationToken);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        Assert.Contains("R1L-OOM-01", page.WaitForElement(".run-state .mud-alert").TextContent, StringComparison.Ordinal);
        Assert.NotNull(page.Find("[data-action=resume]"));
    }
}

public sealed class ChineseRunPageTests() : RunPageTest("zh-CN")
{
    [Fact]
    public async Task Page_InChinese_SpeaksChinese()
    {
        var run = await AddRunAsync("第一次");
        await TrainAsync(run, 2);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        Assert.Contains("训练 90 行，验证 10 行", page.WaitForElement("[data-kind=started]").TextContent, StringComparison.Ordinal);
        Assert.Equal("中断", page.Find("[data-action=stop]").TextContent.Trim());
    }
}
