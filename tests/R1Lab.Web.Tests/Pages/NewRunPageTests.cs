using Microsoft.AspNetCore.Components;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Pages;

public sealed class NewRunPageTests : RunPageTest
{
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
    public async Task Page_EverySettingThatMeansSomething_StandsOnceWithItsHuggingFaceName()
    {
        await AddModelAndDatasetAsync();

        var page = Show<NewRunPage>();

        page.WaitForElement("[data-field=learning_rate]", Patience);
        var recipe = FormRecipe.Preset("quick_trial", new TrainingRecipe { Model = "tiny", Dataset = "golden" }, 200_000);
        var expected = RecipeForm.Default.All.Where(field => field.IsShown(recipe, 1)).Select(field => field.Name);
        Assert.Equal(expected.Order(), page.FindAll(".recipe-field-name").Select(name => name.TextContent).Order());
    }

    [Theory]
    [InlineData("qlora", "quantization", true)]
    [InlineData("lora", "quantization", false)]
    [InlineData("full", "freeze_layers", true)]
    [InlineData("dora", "freeze_layers", false)]
    public async Task Page_Methods_ShowTheirOwnSettings(string method, string field, bool shown)
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-choice=method]", Patience);

        await page.Find($"[data-choice=method] input[value={method}]").ChangeAsync(method);

        Assert.Equal(shown, page.FindAll($"[data-field={field}]").Count > 0);
    }

    [Fact]
    public async Task Page_NoValidationSplit_HidesWhatNeedsOne()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-field=early_stopping_patience]", Patience);

        await page.Find("[data-field=val_size] input").InputAsync("0");

        page.WaitForAssertion(() => Assert.Empty(page.FindAll("[data-field=early_stopping_patience]")), Patience);
    }

    [Fact]
    public async Task Page_MicroBatch_MovesTheMemoryBarAndKeepsTheRowsOfAStep()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-part=activations]", Patience);
        var before = Part(page, "activations");

        await page.Find("[data-field=per_device_train_batch_size] input").InputAsync("4");

        page.WaitForAssertion(() => Assert.NotEqual(before, Part(page, "activations")), Patience);
        Assert.Equal("4", page.Find("[data-field=gradient_accumulation_steps] input").GetAttribute("value"));

        // The verdict counts this whole process, whose memory other tests move: that it stands is all that can be said of it.
        var smaller = Part(page, "activations");
        await page.Find("[data-field=per_device_train_batch_size] input").InputAsync("4096");
        page.WaitForAssertion(() => Assert.NotEqual(smaller, Part(page, "activations")), Patience);
        Assert.Contains("GiB", page.Find(".memory-verdict").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_Data_ShowsLengthsAndTenRowsAsTheModelSeesThem()
    {
        await AddThinkingModelAsync([.. Enumerable.Range(1, 30).Select(i => ($"{i}+{i}=?", $"<think>\n{i}+{i}={i + i}\n</think>\n\n{i + i}"))]);
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-testid=row-samples]", Patience);

        var rows = page.FindAll(".row-sample");
        await rows[0].TriggerEventAsync("ontoggle", EventArgs.Empty);

        Assert.Equal(10, rows.Count);
        var learned = string.Concat(page.FindAll(".row-sample .token.is-trained").Where(token => token.HasAttribute("title")).Select(token => token.TextContent));
        Assert.Contains("</think>", learned, StringComparison.Ordinal);
        Assert.DoesNotContain("=?", learned, StringComparison.Ordinal);
        Assert.Equal("100%", page.Find("[data-tile=Think] strong").TextContent.Replace(" ", "", StringComparison.Ordinal));
        Assert.NotEmpty(page.FindAll(".length-bar"));
    }

    [Fact]
    public async Task Page_LengthLimit_ListsTheRowsItLeavesOutWithLinks()
    {
        await AddThinkingModelAsync(("1+1=?", "<think>2</think>2"), ("2+2=?", $"<think>{new string('7', 400)}</think>4"));
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-tile=OverLong]", Patience);

        await page.Find("[data-field=max_length] input").InputAsync("100");

        page.WaitForElement("[data-omitted=too_long]", Patience);
        Assert.Matches("^/datasets/1[?]row=[0-9]+$", page.Find("[data-omitted=too_long] a").GetAttribute("href"));
        Assert.Equal("1", page.Find("[data-tile=OverLong] strong").TextContent);
    }

    [Fact]
    public async Task Page_MistakeInAField_LeavesTheNumbersWhereTheyAre()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        await page.Find("[data-field=learning_rate] input").InputAsync("0");

        page.WaitForElement("[data-problem=not_positive]", Patience);
        Assert.NotEmpty(page.FindAll("[data-fact=Steps]"));
        Assert.NotEmpty(page.FindAll("[data-part=weights]"));
    }

    [Fact]
    public async Task Probes_EditedAndAdded_StandInTheRecipe()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        page.Find("[data-probe-remove='1']").Click();
        await page.Find("[data-probe='0']").InputAsync("Say hello.");
        page.WaitForAssertion(() => Assert.Single(page.FindAll("[data-field=probe_prompts] .probe-prompt")), Patience);
        page.WaitForAssertion(() => Assert.Equal(["Say hello."], page.FindComponent<ProbePromptEditor>().Instance.Prompts), Patience); // the field waits for the end of typing
        page.WaitForElement("[data-action=start]:not([disabled])", Patience);
        page.Find("[data-action=start]").Click();

        page.WaitForAssertion(() => Assert.EndsWith("/runs/1", Get<NavigationManager>().Uri, StringComparison.Ordinal), Patience);
        var run = await Get<RunStore>().GetAsync(1, TestContext.Current.CancellationToken);
        Assert.Equal(["Say hello."], TrainingRecipe.Parse(run!.RecipeJson, out _)!.ProbePrompts);
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
        var run = await Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("old", earlier.ToJson(), "tiny"), TestContext.Current.CancellationToken);
        Get<NavigationManager>().NavigateTo($"/runs/new?from={run.Id}");

        var page = Show<NewRunPage>();

        page.WaitForElement("[data-field=learning_rate] input", Patience);
        Assert.Equal("7e-4", page.Find("[data-field=learning_rate] input").GetAttribute("value"));
    }

    [Fact]
    public async Task Import_LlamaFactorySettings_FillTheFormAndSayWhatWasLeftOut()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        page.Find("[data-action=import-settings]").Click();
        await Dialogs.WaitForElement("textarea[data-testid=import-settings-text]", Patience).InputAsync("model_name_or_path: org/Tiny\nfinetuning_type: lora\nlora_rank: 24\nlearning_rate: 1.5e-4\ninvented_setting: 7\n");
        Dialogs.WaitForElement("[data-testid=import-settings-use]:not([disabled])", Patience).Click();

        page.WaitForElement("[data-carriage=not_carried]", Patience);
        Assert.Contains("LLaMA-Factory", page.Find("[data-testid=origin]").TextContent, StringComparison.Ordinal);
        Assert.Contains("invented_setting", page.Find("[data-testid=origin]").TextContent, StringComparison.Ordinal);
        Assert.Equal(["24", "1.5e-4"], new[] { "lora.r", "learning_rate" }.Select(field => page.Find($"[data-field='{field}'] input").GetAttribute("value")));
        page.WaitForElement("[data-action=start]:not([disabled])", Patience);
    }

    [Fact]
    public async Task Export_RecipeOfTheForm_IsWrittenInTheChosenFormat()
    {
        await AddModelAndDatasetAsync();
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-fact=Steps]", Patience);

        page.Find("[data-action=export-settings]").Click();
        await Dialogs.WaitForElement("[data-choice=export-format] input[value=axolotl]", Patience).ChangeAsync("axolotl");

        Assert.Contains("base_model: tiny", Dialogs.Find("[data-testid=export-text]").TextContent, StringComparison.Ordinal);
        Assert.Equal("axolotl.yaml", Dialogs.Find("[data-testid=export-download]").GetAttribute("download"));
    }

    [Fact]
    public async Task Page_FixOfAnEarlierRun_OpensMendedAndSaysWhatChanged()
    {
        await AddModelAndDatasetAsync();
        var earlier = new TrainingRecipe { Model = "tiny", Dataset = "golden", LearningRate = 0.5, MaxSteps = 100 };
        var run = await Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("old", earlier.ToJson(), "tiny") { TotalSteps = 100 }, TestContext.Current.CancellationToken);
        Get<NavigationManager>().NavigateTo($"/runs/new?from={run.Id}&fix=lr_high");

        var page = Show<NewRunPage>();

        var change = page.WaitForElement("[data-change=learning_rate]", Patience).TextContent;
        var rate = page.Find("[data-field=learning_rate] input").GetAttribute("value")!;
        Assert.StartsWith("learning_rate: 0.5 → ", change, StringComparison.Ordinal);
        Assert.InRange(double.Parse(rate, System.Globalization.CultureInfo.InvariantCulture), 1e-6, 0.2);
        Assert.Contains("is high", page.Find("[data-testid=origin]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_FixThatIsNotNeeded_LeavesTheRecipe()
    {
        await AddModelAndDatasetAsync();
        var run = await Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("old", new TrainingRecipe { Model = "tiny", Dataset = "golden", LearningRate = 7e-4 }.ToJson(), "tiny"), TestContext.Current.CancellationToken);
        Get<NavigationManager>().NavigateTo($"/runs/new?from={run.Id}&fix=overfitting");

        var page = Show<NewRunPage>();

        Assert.Contains("nothing was changed", page.WaitForElement("[data-testid=origin]", Patience).TextContent, StringComparison.Ordinal);
        Assert.Equal("7e-4", page.Find("[data-field=learning_rate] input").GetAttribute("value"));
    }

    [Fact]
    public async Task Page_WouldLearnPrompts_StartsOnlyWithAWord()
    {
        await AddThinkingModelAsync(("Which river flows through Paris?", "Which river flows through Paris? The Seine."), ("Which river flows through London?", "Which river flows through London? The Thames."));
        var page = Show<NewRunPage>();
        page.WaitForElement("[data-problem=prompt_learned]", Patience);
        Assert.True(page.Find("[data-action=start]").HasAttribute("disabled"));

        await page.Find("[data-confirm=prompt_learned]").ChangeAsync(true);

        page.WaitForAssertion(() => Assert.False(page.Find("[data-action=start]").HasAttribute("disabled")), Patience);
    }

    [Fact]
    public void Page_NothingThere_LeadsToModelsAndDatasets()
    {
        var page = Show<NewRunPage>();

        page.WaitForElement("a[href='/datasets']", Patience);
        Assert.NotNull(page.Find("a[href='/models']"));
    }

    private static string Part(IRenderedComponent<NewRunPage> page, string part) => page.Find($"[data-part={part}] dd").TextContent;

    private async Task AddThinkingModelAsync(params (string Prompt, string Response)[] rows)
    {
        await Get<ModelStore>().AddAsync(Actors.Lab, new RegisteredModel { Name = "demo", Path = TinyRuns.ThinkingModel, Kind = ModelKind.Base, ParameterCount = 3_000_000 }, TestContext.Current.CancellationToken);
        await TinyRuns.AddTextDatasetAsync(Get<DatasetStore>(), rows);
    }

    private async Task AddModelAndDatasetAsync()
    {
        await Get<ModelStore>().AddAsync(Actors.Lab, new RegisteredModel { Name = "tiny", Path = TinyRuns.Model, Kind = ModelKind.Base, ParameterCount = 200_000 }, TestContext.Current.CancellationToken);
        await TinyRuns.AddGoldenDatasetAsync(Get<DatasetStore>());
    }
}
