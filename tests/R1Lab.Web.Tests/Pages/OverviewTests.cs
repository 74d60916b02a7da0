using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Runs;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

public sealed class OverviewTests : PageTest
{
    [Fact]
    public void Page_OfAnEmptyLab_ShowsEveryStepOpenWithItsAction()
    {
        var page = Show<Overview>();

        page.WaitForElement("[data-testid=step-Dataset]");
        Assert.Equal(["/datasets", "/models", "/runs/new", "/studies"], page.FindAll(".checklist a").Select(link => link.GetAttribute("href")));
        Assert.Empty(page.FindAll(".checklist .is-done"));
        Assert.Equal("cpu", page.Find("[data-testid=device]").TextContent);
    }

    [Fact]
    public async Task Page_WithADataset_CountsIt()
    {
        await Get<DatasetStore>().CreateAsync(Actors.Lab, new NewDataset("arithmetic", "prompt_response"), [], TestContext.Current.CancellationToken);

        var page = Show<Overview>();

        var step = page.WaitForElement("[data-testid=step-Dataset].is-done");
        Assert.Contains("Datasets: 1", step.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_WhileARunMoves_FollowsIt()
    {
        var runs = Get<RunStore>();
        var run = await runs.CreateAsync(Actors.Lab, new NewRun("quick", "{}", "demo") { TotalSteps = 40 }, TestContext.Current.CancellationToken);
        await runs.ClaimNextAsync(Actors.Lab, TestContext.Current.CancellationToken);
        var page = Show<Overview>();
        page.WaitForElement("[data-testid=current-run] a");

        Get<RunFeed>().Publish(run.Id, new RunProgress { Status = RunStatus.Running, Step = 7, TotalSteps = 40 });

        page.WaitForAssertion(() => Assert.Contains("Step 7 of 40", page.Find("[data-testid=current-run]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public void Page_SignedInAsViewer_OffersNoActions()
    {
        SignIn("viewer", LabRoles.Viewer);

        var page = Show<Overview>();

        page.WaitForElement("[data-testid=step-Dataset]");
        Assert.Empty(page.FindAll(".checklist a"));
    }

    [Fact]
    public void Page_SignedInAsRater_LeadsToTheTasks()
    {
        SignIn("rater", LabRoles.Rater);

        Show<Overview>();

        Assert.EndsWith("/rate", Get<NavigationManager>().Uri, StringComparison.Ordinal);
    }
}

public sealed class OverviewInChineseTests() : PageTest(R1Lab.Web.Localization.Languages.Chinese)
{
    [Fact]
    public void Page_InChinese_SpeaksChinese()
    {
        var page = Show<Overview>();

        Assert.Equal("总览", page.Find("h1").TextContent);
    }
}
