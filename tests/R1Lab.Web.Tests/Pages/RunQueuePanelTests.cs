using Bunit;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

public sealed class RunQueuePanelTests : RunPageTest
{
    [Fact]
    public void Panel_NothingToDo_SaysSo()
    {
        var panel = Show<RunQueuePanel>();

        Assert.Contains("Nothing runs", panel.WaitForElement("[data-testid=queue-empty]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Panel_MoveButtons_ChangeTheOrderThatTheWorkerFollows()
    {
        var runs = await AddRunsAsync("a", "b", "c");
        var panel = Show<RunQueuePanel>();
        panel.WaitForElement("[data-run]");

        await panel.InvokeAsync(() => panel.Find($"[data-run='{runs[2].Id}'] [data-action=up]").ClickAsync());
        await panel.InvokeAsync(() => panel.Find($"[data-run='{runs[0].Id}'] [data-action=down]").ClickAsync());
        await panel.InvokeAsync(() => panel.Find($"[data-run='{runs[0].Id}'] [data-action=down]").ClickAsync());

        Assert.Equal(["c", "b", "a"], Names(panel));
        Assert.Equal([runs[2].Id, runs[1].Id, runs[0].Id], (await Get<RunStore>().WaitingAsync(TestContext.Current.CancellationToken)).Select(run => run.Id));
        Assert.Equal("a is number 3 of 3 now.", panel.Find("[aria-live=polite]").TextContent);
    }

    [Theory]
    [InlineData(2, 0, "c,a,b")]
    [InlineData(0, 1, "b,a,c")]
    [InlineData(0, 2, "b,c,a")]
    public async Task Panel_DraggedOntoAnother_TakesItsPlace(int dragged, int target, string expected)
    {
        var runs = await AddRunsAsync("a", "b", "c");
        var panel = Show<RunQueuePanel>();
        panel.WaitForElement("[data-run]");

        await panel.InvokeAsync(() => panel.Find($"[data-run='{runs[dragged].Id}']").DragStartAsync());
        await panel.InvokeAsync(() => panel.Find($"[data-run='{runs[target].Id}']").DropAsync());

        Assert.Equal(expected.Split(','), Names(panel));
    }

    [Fact]
    public async Task Panel_DraggedToTheEnd_IsLast()
    {
        var runs = await AddRunsAsync("a", "b", "c");
        var panel = Show<RunQueuePanel>();
        panel.WaitForElement("[data-run]");

        await panel.InvokeAsync(() => panel.Find($"[data-run='{runs[0].Id}']").DragStartAsync());
        await panel.InvokeAsync(() => panel.Find(".queue-end").DropAsync());

        Assert.Equal(["b", "c", "a"], Names(panel));
        Assert.Empty(panel.FindAll(".queue-end"));
    }

    [Fact]
    public async Task Panel_SomebodyElsesRuns_OffersATrainerNoMoves()
    {
        await AddRunsAsync("a", "b");
        SignIn("wang", LabRoles.Trainer);

        var panel = Show<RunQueuePanel>();

        panel.WaitForElement("[data-run]");
        Assert.Empty(panel.FindAll("[data-action=up], [data-action=take-out], [draggable=true]"));
        Assert.NotEmpty(panel.FindAll("[data-action=hold]"));
    }

    [Fact]
    public async Task Panel_Viewer_SeesTheQueueAndNoSwitch()
    {
        await AddRunsAsync("a");
        SignIn("eve", LabRoles.Viewer);

        var panel = Show<RunQueuePanel>();

        Assert.Equal(["a"], Names(panel));
        Assert.Empty(panel.FindAll("input, button"));
    }

    [Fact]
    public async Task Panel_HeldByAPerson_SaysWhoAndGoesOn()
    {
        await AddRunsAsync("a");
        var panel = Show<RunQueuePanel>();
        panel.WaitForElement("[data-run]");

        await Get<RunLine>().HoldAsync(Actors.User("Li"), TestContext.Current.CancellationToken);
        var held = panel.WaitForElement("[data-testid=queue-hold]").TextContent;
        await panel.InvokeAsync(() => panel.Find("[data-action=go-on]").ClickAsync());

        Assert.Contains("Held by Li", held, StringComparison.Ordinal);
        panel.WaitForAssertion(() => Assert.Empty(panel.FindAll("[data-testid=queue-hold]")));
        Assert.Null((await Get<RunLine>().PictureAsync(TestContext.Current.CancellationToken)).Hold);
    }

    [Fact]
    public async Task Switches_ReadByAnotherProcess_AreAsTheyWereLeft()
    {
        var li = Actors.User("Li");
        await Get<RunLine>().HoldAsync(li, TestContext.Current.CancellationToken);
        await Get<RunLine>().SetContinuesOnErrorAsync(li, false, TestContext.Current.CancellationToken);

        var later = new QueueSwitches(Get<SettingsStore>());

        Assert.Equal("Li", (await later.HoldAsync(TestContext.Current.CancellationToken))?.By);
        Assert.False(await later.ContinuesOnErrorAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Panel_RunUnderWay_TellsWhenTheNextBegins()
    {
        var runs = await AddRunsAsync("a", "b");
        await TrainAsync(runs[0], 10);
        Get<RunForecast>().Keep(runs[1].Id, new RunEstimate(1000, true, TimeSpan.FromMinutes(30), null!, null!, "cpu"));
        Get<RunFeed>().Publish(runs[0].Id, new RunProgress { Status = RunStatus.Running, TotalSteps = 100, Step = 10, SecondsPerStep = 2, TokensPerSecond = 2000 });

        var panel = Show<RunQueuePanel>();

        // 90 steps of 2 s are left; the other run has the same model and method, so it will take half of what was estimated at half the pace.
        Assert.Contains("about 3 min", panel.WaitForElement(".queue-running").TextContent, StringComparison.Ordinal);
        Assert.Equal("begins in about 3 min 0 s · takes about 15 min 0 s", panel.Find(".queue-list .queue-time").TextContent);
    }

    [Fact]
    public async Task Picture_UnknownTime_LeavesTheTimesOfLaterRunsOpen()
    {
        var runs = await AddRunsAsync("a", "b");
        Get<RunForecast>().Keep(runs[0].Id, null);
        Get<RunForecast>().Keep(runs[1].Id, new RunEstimate(1000, true, TimeSpan.FromMinutes(30), null!, null!, "cpu"));

        var picture = await Get<RunLine>().PictureAsync(TestContext.Current.CancellationToken);

        Assert.Equal([(TimeSpan.Zero, null), (null, TimeSpan.FromMinutes(30))], picture.Waiting.Select(run => (run.StartsIn, run.TimeLeft)));
    }

    [Fact]
    public async Task TakeOut_WaitingRun_StopsIt()
    {
        var runs = await AddRunsAsync("a", "b");
        var panel = Show<RunQueuePanel>();
        panel.WaitForElement("[data-run]");

        await panel.InvokeAsync(() => panel.Find($"[data-run='{runs[0].Id}'] [data-action=take-out]").ClickAsync());

        Assert.Equal(["b"], Names(panel));
        Assert.Equal(RunStatus.Stopped, (await Get<RunStore>().GetAsync(runs[0].Id, TestContext.Current.CancellationToken))!.Status);
    }

    private async Task<List<Run>> AddRunsAsync(params string[] names)
    {
        var runs = new List<Run>();
        foreach (var name in names) runs.Add(await AddRunAsync(name));
        return runs;
    }

    private static IEnumerable<string> Names(IRenderedComponent<RunQueuePanel> panel)
    {
        panel.WaitForElement("[data-run]");
        return panel.FindAll(".queue-list .run-link").Select(link => link.TextContent);
    }
}

public sealed class ChineseRunQueuePanelTests() : RunPageTest("zh-CN")
{
    [Fact]
    public async Task Panel_InChinese_SpeaksChinese()
    {
        await AddRunAsync("第一次");

        var panel = Show<RunQueuePanel>();

        panel.WaitForElement("[data-run]");
        Assert.Equal("训练队列", panel.Find("h2").TextContent);
        Assert.Equal("将“第一次”上移", panel.Find("[data-action=up]").GetAttribute("aria-label"));
    }
}
