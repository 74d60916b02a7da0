using Bunit;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Components.Pages.Comparisons;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

public sealed class CompareRunsPageTests : RunPageTest
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Page_NoRunsChosen_LeadsToTheList()
    {
        var page = ShowComparison("");

        Assert.Equal("/runs", page.WaitForElement("[data-testid=empty-state] a").GetAttribute("href"));
    }

    [Fact]
    public async Task Page_TwoRuns_ShowsOnlyWhatDiffersUntilAskedForAll()
    {
        var (first, second) = (await AddRunAsync("slow", 1e-5, 8), await AddRunAsync("fast", 1e-3, 8));

        var page = ShowComparison($"{first.Id},{second.Id}");

        page.WaitForElement("[data-row=learning_rate]");
        Assert.Equal(["1E-05", "0.001"], Cells(page, "learning_rate"));
        Assert.Empty(page.FindAll("[data-row='lora.r']"));
        await page.Find("[data-action=show-all] input, input[data-action=show-all]").ChangeAsync(new ChangeEventArgs { Value = true });
        Assert.Equal(["8", "8"], Cells(page, "lora.r"));
    }

    [Fact]
    public async Task Page_SameRecipes_SaysSo()
    {
        var (first, second) = (await AddRunAsync("a", 1e-4, 8), await AddRunAsync("b", 1e-4, 8));

        var page = ShowComparison($"{first.Id},{second.Id}");

        Assert.Equal("The recipes are the same.", page.WaitForElement("[data-testid=no-differences]").TextContent);
    }

    [Fact]
    public async Task Page_FinalFigures_StandSideBySide()
    {
        var (first, second) = (await AddRunAsync("a", 1e-4, 8), await AddRunAsync("b", 1e-4, 8));
        await TrainAsync(first, 4);
        await TrainAsync(second, 10);

        var page = ShowComparison($"{first.Id},{second.Id}");

        page.WaitForElement("[data-row='Last training loss']");
        Assert.Equal(["0.5000", "0.2000"], Cells(page, "Last training loss"));
        Assert.Equal(["4 of 100", "10 of 100"], Cells(page, "Steps"));
    }

    [Fact]
    public async Task Page_RunUnderWay_GrowsWithoutBeingReadAgain()
    {
        var run = await AddRunAsync("a", 1e-4, 8);
        await TrainAsync(run, 4);
        Get<RunFeed>().Publish(run.Id, new RunProgress { Status = RunStatus.Running, Step = 4, TotalSteps = 100 });
        var page = ShowComparison($"{run.Id}");
        page.WaitForElement("[data-row=Steps]");

        Get<RunFeed>().Publish(run.Id, Metric(run, 5));

        page.WaitForAssertion(() => Assert.Equal(["0.4000"], Cells(page, "Last training loss")), Patience);
        Assert.Equal(["5 of 100"], Cells(page, "Steps"));
    }

    [Fact]
    public async Task Page_UnknownRun_IsNamedAndTheOthersAreShown()
    {
        var run = await AddRunAsync("a", 1e-4, 8);

        var page = ShowComparison($"{run.Id},99,x");

        Assert.Equal("a", page.WaitForElement(".compare-run .run-link").TextContent);
        Assert.Contains("There is no run 99.", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_AddAndRemove_ChangeTheAddress()
    {
        var (first, second) = (await AddRunAsync("a", 1e-4, 8), await AddRunAsync("b", 1e-4, 8));
        var page = ShowComparison($"{first.Id}");

        await page.WaitForElement("[data-testid=compare-add]").ChangeAsync(new ChangeEventArgs { Value = $"{second.Id}" });
        var added = Get<NavigationManager>().Uri;
        await page.Find(".compare-run button").ClickAsync();

        Assert.EndsWith($"/compare?runs={first.Id},{second.Id}", added, StringComparison.Ordinal);
        Assert.EndsWith($"/compare?runs={second.Id}", Get<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunsPage_TwoTicked_OffersTheirComparison()
    {
        var (first, second) = (await AddRunAsync("a", 1e-4, 8), await AddRunAsync("b", 1e-4, 8));
        var page = Show<RunsPage>();

        await page.WaitForElement($"[data-choose='{second.Id}']").ChangeAsync(new ChangeEventArgs { Value = true });
        await page.Find($"[data-choose='{first.Id}']").ChangeAsync(new ChangeEventArgs { Value = true });

        var compare = page.Find("[data-action=compare]");
        Assert.Equal(("Compare (2)", $"/compare?runs={second.Id},{first.Id}"), (compare.TextContent.Trim(), compare.GetAttribute("href")));
    }

    private IRenderedComponent<CompareRunsPage> ShowComparison(string runs)
    {
        Get<NavigationManager>().NavigateTo($"/compare?runs={runs}");
        return Show<CompareRunsPage>();
    }

    private Task<Run> AddRunAsync(string name, double rate, int rank)
    {
        var recipe = new TrainingRecipe { Name = name, Model = "demo", Dataset = "sums", LearningRate = rate };
        return Get<RunStore>().CreateAsync(
            Actors.Lab, new NewRun(name, (recipe with { Lora = recipe.Lora with { R = rank } }).ToJson(), "demo") { DatasetName = "sums", OwnerName = "Li", TotalSteps = 100 }, Cancel);
    }

    private static IEnumerable<string> Cells(IRenderedComponent<CompareRunsPage> page, string row) => page.FindAll($"[data-row='{row}'] td").Select(cell => cell.TextContent);
}

public sealed class ComparedRunTests
{
    [Theory]
    [InlineData(new[] { 1, 2, 3 }, new[] { 0, 1, 2 })]
    [InlineData(new[] { 3, 1, 2 }, new[] { 2, 0, 1 })]
    [InlineData(new[] { 8, 1 }, new[] { 1, 0 })]
    [InlineData(new[] { 1, 8, 15, 22, 29, 36 }, new[] { 0, 1, 2, 3, 4, 5 })]
    public void ColorsOf_SevenColors_FollowTheRunAndNeverMeet(int[] runs, int[] expected)
    {
        var colors = ComparedRun.ColorsOf(runs, 7);

        Assert.Equal(expected, colors);
    }

    [Theory]
    [InlineData("3,1,2", new[] { 3, 1, 2 })]
    [InlineData(" 3, x,3,-1,0", new[] { 3 })]
    [InlineData("1,2,3,4,5,6,7", new[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(null, new int[0])]
    public void Read_Address_KeepsOrderAndLeavesOutWhatIsNoNumber(string? address, int[] expected)
    {
        var runs = RunComparison.Read(address);

        Assert.Equal(expected, runs);
    }

    [Fact]
    public void Next_ByTokens_AddsUpWhatWasSeenBetweenLoggedSteps()
    {
        var builder = new CurveBuilder(new RunCurve("eval_loss", metric => metric.EvalLoss, 0), new ChartSettings { Axis = ChartAxis.Tokens }, DateTimeOffset.UnixEpoch);
        StepMetrics[] metrics =
        [
            new() { Step = 10, TokensPerSecond = 100, SecondsPerStep = 0.5 },
            new() { Step = 20, TokensPerSecond = 200, SecondsPerStep = 0.5, EvalLoss = 3 },
        ];

        var points = builder.NextAll(metrics);

        Assert.Equal([new ChartPoint((100 * 0.5 * 10) + (200 * 0.5 * 10), 3)], points);
    }
}
