using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Datasets;
using R1Lab.Web.Components.Pages.Models;

namespace R1Lab.Web.Tests.Pages;

/// <summary>What pages offer to those who may only read, and to trainers on what belongs to others.</summary>
public sealed class ReadOnlyPagesTests : ModelPageTest
{
    [Theory]
    [InlineData(LabRoles.Viewer, 0)]
    [InlineData(LabRoles.Trainer, 1)]
    public async Task Datasets_ForARole_OffersTheImportToTrainers(string role, int buttons)
    {
        await AddDatasetAsync();
        SignIn("li", role);

        var page = Show<DatasetsPage>();

        Assert.Contains("sums", page.WaitForElement("[data-testid=datasets] tbody").TextContent, StringComparison.Ordinal);
        Assert.Equal((buttons, buttons), (page.FindAll("[data-testid=import-dataset]").Count, page.FindAll("[data-testid=import-sample]").Count));
    }

    [Fact]
    public async Task Dataset_ForAViewer_ShowsRowsWithoutButtons()
    {
        var dataset = await AddDatasetAsync();
        SignIn("li", LabRoles.Viewer);

        var page = Show<DatasetPage>(parameters => parameters.Add(one => one.Id, dataset.Id));

        page.WaitForElement("[data-testid=rows] tbody .cell-text");
        Assert.Empty(page.FindAll("[data-testid=add-row], [data-testid=undo], a[href$=export]"));
    }

    [Theory]
    [InlineData("admin", LabRoles.Admin, null)]
    [InlineData("li", LabRoles.Trainer, "Belongs to wang; only its owner and administrators may change it.")]
    [InlineData("wang", LabRoles.Trainer, null)]
    public async Task Dataset_OfWang_IsChangedByWangAndAdministrators(string name, string role, string? reason)
    {
        var dataset = await Get<DatasetStore>().CreateAsync(
            Actors.User("wang"), new NewDataset("sums", DatasetFormats.PromptResponse), [TestRows.Pair("1+1?", "2")], Cancellation);
        SignIn(name, role);

        var page = Show<DatasetPage>(parameters => parameters.Add(one => one.Id, dataset.Id));
        page.WaitForElement("[data-testid=rows] tbody .cell-text").Click();

        var add = page.Find("[data-testid=add-row]");
        Assert.Equal((reason is not null, reason), (add.HasAttribute("disabled"), add.GetAttribute("title")));
        Assert.Equal(reason is not null, Dialogs.WaitForElement("[data-testid=row-save]").HasAttribute("disabled"));
    }

    [Theory]
    [InlineData(LabRoles.Viewer, 0)]
    [InlineData(LabRoles.Trainer, 1)]
    public async Task Models_ForARole_OffersRegistrationToTrainers(string role, int buttons)
    {
        await AddScriptedModelAsync();
        SignIn("li", role);

        var page = Show<ModelsPage>();

        page.WaitForElement("[data-testid=models]");
        Assert.Equal(buttons, page.FindAll("[data-testid=models-register]").Count);
    }
}
