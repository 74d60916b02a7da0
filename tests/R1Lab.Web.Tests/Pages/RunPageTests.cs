using Bunit;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

public sealed class RunPageTests : RunPageTest
{
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
        Assert.Equal("The run came to rest before its first logged step.", page.Find(".run-waiting").TextContent);
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
        Assert.Equal(RunChart.All.Where(chart => chart.Always).Select(chart => chart.Key), page.FindAll("[data-chart]").Select(chart => chart.GetAttribute("data-chart")));
        Assert.Contains("No NVIDIA driver was found", page.Find("[data-testid=no-device]").TextContent, StringComparison.Ordinal);
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

        Get<RunFeed>().Publish(run.Id, Metric(run, 4));

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
    public async Task Page_Float16OnACard_ShowsItsChartsToo()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 1);
        var metric = Metric(run, 2) with { LossScale = 65536, DeviceUtilization = 0.9, DeviceTemperature = 61, EvalLoss = 1.5, EvalTokenAccuracy = 0.4 };
        await Get<RunStore>().AppendAsync(Actors.Lab, run.Id, [metric.Stored(run.Id)], [], TestContext.Current.CancellationToken);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        page.WaitForElement("[data-chart=loss_scale]");
        Assert.Equal(RunChart.All.Select(chart => chart.Key), page.FindAll("[data-chart]").Select(chart => chart.GetAttribute("data-chart")));
    }

    [Fact]
    public async Task Page_AnswerWhileTheStripIsOpen_AppearsByItself()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 3);
        Get<RunFeed>().Publish(run.Id, new RunProgress { Status = RunStatus.Running, Step = 3, TotalSteps = 100 });
        await Get<RunStore>().AppendAsync(Actors.Lab, run.Id, new RunNews { Probes = [Probe(run, 0, "five")] }, TestContext.Current.CancellationToken);
        var page = OnTab(run, "samples");
        page.WaitForElement("[data-step=\"0\"]", Patience);

        Get<RunFeed>().Publish(Probe(run, 3, "four"));

        Assert.Contains("four", page.WaitForElement("[data-step=\"3\"]", Patience).TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_Checkpoints_ShowsSnapshotsOnDiskWithTheirLoss()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 10);
        var folder = Directory.CreateDirectory(Path.Combine(Get<RunQueue>().OutputFolder(run.Id), "snapshots", "step-000008")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, "tensors.safetensors"), new byte[3 << 20], TestContext.Current.CancellationToken);

        var page = OnTab(run, "checkpoints");

        var cells = page.WaitForElement("[data-testid=checkpoints] tbody tr", Patience).Children.Select(cell => cell.TextContent.Trim()).ToList();
        Assert.Equal(["8", "0.2500", "–", "3.0 MiB"], cells.Take(4));
    }

    [Fact]
    public async Task Page_Rows_ShowsVerdictsWithTheirRulesAndLeadsToTheRow()
    {
        var dataset = await Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("sums", DatasetFormats.PromptResponse), [TestRows.Pair("2+2?", "4"), TestRows.Pair("3+3?", "6")], TestContext.Current.CancellationToken);
        var rows = (await Get<DatasetStore>().PageAsync(dataset.Id, 0, 2, cancellationToken: TestContext.Current.CancellationToken)).Rows;
        var run = await Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("first", "{}", "demo") { DatasetId = dataset.Id }, TestContext.Current.CancellationToken);
        RunRowLoss[] losses = [Loss(0, rows[0], 2), Loss(1, rows[0], 1.9), Loss(0, rows[1], 2), Loss(1, rows[1], 0.01)];
        await Get<RunStore>().AppendAsync(Actors.Lab, run.Id, new RunNews { RowLosses = losses }, TestContext.Current.CancellationToken);

        var page = OnTab(run, "rows");

        page.WaitForElement("[data-testid=ledger]", Patience);
        Assert.Equal(["2 All rows", "1 Never learned", "1 Memorised", "0 Forgotten", "0 Got worse", "0 Little changed", "0 Known before", "0 Learned", "0 Seen once"], page.FindAll(".row-verdict").Select(button => button.TextContent.Trim()));
        Assert.Contains("at least 90 % of the first and above the median of all rows (0.9550)", page.Find(".row-definitions").TextContent, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Equal($"/datasets/{dataset.Id}?row={rows[0].Id}", page.Find(".ledger-text").GetAttribute("href")), Patience);
    }

    [Fact]
    public async Task Page_RunThatGoesWrong_OffersANewRunWithTheFix()
    {
        var run = await AddRunAsync("first");
        await Get<RunStore>().ClaimNextAsync(Actors.Lab, TestContext.Current.CancellationToken);
        var rising = Enumerable.Range(1, 60).Select(step => (Metric(run, step) with { Loss = step < 20 ? 2.0 - (0.05 * step) : 1 + (0.1 * step) }).Stored(run.Id)).ToList();
        await Get<RunStore>().AppendAsync(Actors.Lab, run.Id, rising, [], TestContext.Current.CancellationToken);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        var finding = page.WaitForElement("[data-warning=loss_diverging]", Patience);
        Assert.Equal($"/runs/new?from={run.Id}&fix=loss_diverging", finding.QuerySelector("[data-action=fix]")!.GetAttribute("href"));
    }

    [Fact]
    public async Task Page_FailedRun_SaysWhyAndOffersToGoOn()
    {
        var run = await AddRunAsync("first");
        await TrainAsync(run, 1);
        await Get<RunStore>().SetStatusAsync(Actors.Lab, run.Id, RunStatus.Failed, "R1L-OOM-01: out of memory", TestContext.Current.CancellationToken);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        Assert.Contains("R1L-OOM-01", page.WaitForElement(".run-state .mud-alert").TextContent, StringComparison.Ordinal);
        Assert.NotNull(page.Find("[data-action=resume]"));
    }

    private IRenderedComponent<RunPage> OnTab(Run run, string tab)
    {
        Get<NavigationManager>().NavigateTo($"/runs/{run.Id}?tab={tab}");
        return Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));
    }

    private static RunProbe Probe(Run run, int step, string answer) => new() { RunId = run.Id, Step = step, Prompt = "2+2?", Answer = answer };

    private static RunRowLoss Loss(int epoch, DatasetRowEntity row, double loss) => new() { Epoch = epoch, RowId = row.Id, Loss = loss, Tokens = 1 };
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

    [Fact]
    public async Task Page_DiskFullInChinese_SaysWhatIsNeededWhereAndThatItIsPaused()
    {
        var run = await AddRunAsync("第一次");
        await TrainAsync(run, 2);
        RunEvent full = new() { Kind = "disk_full", Message = "R1L-DISK-01: The disk is full.", ArgumentsJson = "[5000000,1200,\"/data\"]", At = DateTimeOffset.UtcNow };
        await Get<RunStore>().AppendAsync(Actors.Lab, run.Id, [], [full], TestContext.Current.CancellationToken);
        await Get<RunStore>().PauseAsync(Actors.Lab, run.Id, "disk_full", full.Message, TestContext.Current.CancellationToken);

        var page = Show<RunPage>(parameters => parameters.Add(one => one.Id, run.Id));

        Assert.Equal("已暂停：磁盘已满磁盘已满：/data 所在的磁盘需要 4.8 MiB，只剩 1.2 KiB。训练已暂停；腾出空间后可以继续。 (R1L-DISK-01)", page.WaitForElement("[data-testid=paused] .mud-alert-message").TextContent.Trim());
    }
}
