using Microsoft.AspNetCore.Components;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Pages;

public sealed class NewRunPageTests : RunPageTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Page_OneModelAndOneDataset_ChoosesThemAndShowsTheCheck()
    {
        await AddModelAndDatasetAsync();

        var page = Show<NewRunPage>();

        page.WaitForElement("[data-fact=Steps]", Patience);
        Assert.False(page.Find("[data-action=start]").HasAttribute("disabled"));
        Assert.Equal("cpu", page.Find("[data-fact=Device] dd").TextContent);
    }

    [Fact]
    public async Task Page_EverySetting_StandsWithItsHuggingFaceName()
    {
        await AddModelAndDatasetAsync();

        var page = Show<NewRunPage>();

        page.WaitForElement("[data-field=learning_rate]", Patience);
        Assert.Equal(RecipeFields.Names, page.FindAll(".recipe-field-name").Select(name => name.TextContent));
    }

    [Fact]
    public async Task Page_ImpossibleValue_IsRefusedBeforeTheStart()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        await page.Find("[data-field=learning_rate] input").InputAsync("0");

        page.WaitForElement("[data-problem=not_positive]", Patience);
        Assert.True(page.Find("[data-action=start]").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Page_NoNumber_BlocksTheStart()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        await page.Find("[data-field=learning_rate] input").InputAsync("fast");

        page.WaitForAssertion(() => Assert.Contains("This is no number.", page.Markup, StringComparison.Ordinal), Patience);
        Assert.True(page.Find("[data-action=start]").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Page_TutorialPreset_SaysWhatItChangesAndWhy()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        await page.Find("[data-choice=preset] input[value=tutorial]").ChangeAsync("tutorial");

        page.WaitForElement("[data-problem=target_mapped]", Patience);
        Assert.NotNull(page.Find("[data-problem=lr_low]"));
    }

    [Fact]
    public async Task Page_FullMethod_HidesTheLoraSettings()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-group=lora]", Patience);

        await page.Find("[data-choice=method] input[value=full]").ChangeAsync("full");

        Assert.Empty(page.FindAll("[data-group=lora]"));
    }

    [Fact]
    public async Task Start_GoodRecipe_QueuesTheRunAndOpensIt()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        page.Find("[data-action=start]").Click();

        page.WaitForAssertion(() => Assert.EndsWith("/runs/1", Get<NavigationManager>().Uri, StringComparison.Ordinal), Patience);
        var run = await Get<RunStore>().GetAsync(1, TestContext.Current.CancellationToken);
        Assert.Equal((RunStatus.Queued, "tiny", "golden", "admin"), (run!.Status, run.ModelName, run.DatasetName, run.OwnerName));
    }

    [Fact]
    public async Task Page_FromAnEarlierRun_TakesItsRecipe()
    {
        await AddModelAndDatasetAsync();
        var earlier = new TrainingRecipe { Name = "old", Model = "tiny", Dataset = "golden", LearningRate = 7e-4 };
        var run = await Get<RunStore>().CreateAsync(new NewRun("old", earlier.ToJson(), "tiny"), TestContext.Current.CancellationToken);
        Get<NavigationManager>().NavigateTo($"/runs/new?from={run.Id}");

        var page = Show<NewRunPage>();

        page.WaitForElement("[data-field=learning_rate] input", Patience);
        Assert.Equal("7e-4", page.Find("[data-field=learning_rate] input").GetAttribute("value"));
    }

    [Fact]
    public async Task Page_WouldUnlearnThinking_StartsOnlyWithAWord()
    {
        await AddThinkingModelAsync(("1+1?", "2"), ("2+2?", "4"));
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-problem=most_rows_without_thought]", Patience);
        Assert.True(page.Find("[data-action=start]").HasAttribute("disabled"));

        await page.Find("[data-confirm=most_rows_without_thought]").ChangeAsync(true);

        page.WaitForAssertion(() => Assert.False(page.Find("[data-action=start]").HasAttribute("disabled")), Patience);
    }

    [Fact]
    public void Page_NothingThere_LeadsToModelsAndDatasets()
    {
        var page = Show<NewRunPage>();

        page.WaitForElement("a[href='/datasets']", Patience);
        Assert.NotNull(page.Find("a[href='/models']"));
    }

    private async Task AddThinkingModelAsync(params (string Prompt, string Response)[] rows)
    {
        await Get<ModelStore>().AddAsync(new RegisteredModel { Name = "demo", Path = TinyRuns.ThinkingModel, Kind = ModelKind.Base, ParameterCount = 3_000_000 }, TestContext.Current.CancellationToken);
        await TinyRuns.AddTextDatasetAsync(Get<DatasetStore>(), rows);
    }

    private async Task AddModelAndDatasetAsync()
    {
        await Get<ModelStore>().AddAsync(new RegisteredModel { Name = "tiny", Path = TinyRuns.Model, Kind = ModelKind.Base, ParameterCount = 200_000 }, TestContext.Current.CancellationToken);
        await TinyRuns.AddGoldenDatasetAsync(Get<DatasetStore>());
    }
}
