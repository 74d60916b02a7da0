using Bunit;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Runs;

namespace R1Lab.Web.Tests.Pages;

/// <summary>Which buttons the page of a run shows to whom.</summary>
public sealed class RunPageRightsTests : RunPageTest
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("li", LabRoles.Trainer, true)]
    [InlineData("wang", LabRoles.Trainer, false)]
    [InlineData("boss", LabRoles.Admin, true)]
    [InlineData("eve", LabRoles.Viewer, false)]
    public async Task Page_WaitingRunOfLi_CanBeStoppedByItsOwnerAndAdministrators(string name, string role, bool stops)
    {
        var run = await AddOwnedRunAsync("li");
        SignIn(name, role);

        var page = Show<RunPage>(shown => shown.Add(one => one.Id, run.Id));

        page.WaitForElement(".run-page");
        Assert.Equal(stops, page.FindAll("[data-action=stop]").Count == 1);
    }

    [Fact]
    public async Task RunAgain_DatasetGone_NamesTheDatasetAndStartsNothing()
    {
        var run = await AddOwnedRunAsync("li");
        await Get<RunStore>().ClaimNextAsync(Actors.Lab, Cancel);
        await Get<RunStore>().SetDatasetAsync(Actors.Lab, run.Id, "abc", 1, Cancel);
        await Get<RunStore>().SetStatusAsync(Actors.Lab, run.Id, RunStatus.Finished, cancellationToken: Cancel);
        var page = Show<RunPage>(shown => shown.Add(one => one.Id, run.Id));
        var address = Get<NavigationManager>().Uri;

        await page.WaitForElement("[data-action=again]").ClickAsync();

        var said = Assert.Single(Get<MudBlazor.ISnackbar>().ShownSnackbars);
        Assert.Contains("demo", said.Message, StringComparison.Ordinal);
        Assert.Equal((address, 1), (Get<NavigationManager>().Uri, (await Get<RunStore>().ListAsync(cancellationToken: Cancel)).Count));
    }

    private Task<Run> AddOwnedRunAsync(string owner) => Get<RunStore>().CreateAsync(
        Actors.Lab, new NewRun("tune", new TrainingRecipe { Name = "tune", Model = "demo", Dataset = "sums" }.ToJson(), "demo") { DatasetName = "sums", OwnerId = owner, OwnerName = owner, TotalSteps = 10 }, Cancel);
}
