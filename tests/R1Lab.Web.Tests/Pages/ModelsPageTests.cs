using AngleSharp.Dom;
using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Tests.Shared;
using R1Lab.Web.Components.Pages.Models;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Pages;

public sealed class ModelsPageTests : ModelPageTest
{
    [Fact]
    public void Page_NoModel_SaysWhereToPutOne()
    {
        var page = Show<ModelsPage>();

        page.WaitForAssertion(() => Assert.Contains("No model yet", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Page_BaseWithAdapter_IsOneCard()
    {
        await AddGoldenAsync();

        var page = Show<ModelsPage>();

        var card = page.WaitForElement(".model-card", Patience);
        Assert.Equal("llama_base", card.QuerySelector("h2")!.TextContent);
        Assert.Equal(["tuned"], card.QuerySelectorAll(".adapter-name").Select(a => a.TextContent));
        var facts = card.QuerySelectorAll("dl div").ToDictionary(f => f.QuerySelector("dt")!.TextContent, f => f.QuerySelector("dd")!.TextContent);
        Assert.Equal(("llama", "float32", "256"), (facts["Family"], facts["Type"], facts["Longest text"]));
        Assert.Single(page.FindAll(".model-card"));
    }

    [Theory]
    [InlineData(PieceModel.End, 0)]
    [InlineData(PieceModel.OtherEnd, 1)]
    public async Task Page_EndTokensDiffer_SaysSoOnTheCard(string tokenizerEnd, int findings)
    {
        var folder = new PieceModel("hello"u8.ToArray()) { TokenizerEnd = tokenizerEnd }.Write(System.IO.Path.Combine(Folder, "pieces"));
        await Get<ModelLibrary>().RegisterAsync(Actors.Lab, folder, "pieces", null, Cancellation);

        var card = Show<ModelsPage>().WaitForElement(".model-card", Patience);

        Assert.Equal(findings, card.QuerySelectorAll("[data-finding=end_tokens_differ]").Count(finding => finding.TextContent.Contains("different end tokens", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Register_Folder_AppearsAsACard()
    {
        var page = Show<ModelsPage>();
        page.WaitForElement("[data-testid=models-register]", Patience).Click();

        Dialogs.WaitForElement("input[data-testid=register-path], [data-testid=register-path] input", Patience).Input(ModelLab.GoldenModel("qwen2"));
        Dialogs.Find("[data-testid=register-start]").Click();

        Assert.Equal("qwen2", page.WaitForElement(".model-card h2", Patience).TextContent);
        Assert.NotNull(await Get<ModelStore>().FindAsync("qwen2", Cancellation));
    }

    [Fact]
    public void Register_NoModelThere_SaysWhyInTheDialog()
    {
        var page = Show<ModelsPage>();
        page.WaitForElement("[data-testid=models-register]", Patience).Click();

        Dialogs.WaitForElement("input[data-testid=register-path], [data-testid=register-path] input", Patience).Input(Folder);
        Dialogs.Find("[data-testid=register-start]").Click();

        Assert.Contains(Folder, Dialogs.WaitForElement("[data-testid=error-panel]", Patience).TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_NothingNew_SaysSo()
    {
        var page = Show<ModelsPage>();
        var scan = page.WaitForElement("[data-testid=models-scan]", Patience);

        scan.Click();

        page.WaitForAssertion(() => Assert.Equal("No new models found", Assert.Single(Get<MudBlazor.ISnackbar>().ShownSnackbars).Message), Patience);
    }

    [Fact]
    public async Task Page_ModelWithABrokenTemplate_SaysThatChatIsNotPossible()
    {
        using var model = ModelCopy.OfScripted();
        await File.WriteAllTextAsync(model.File("chat_template.jinja"), "{% for message in messages %}", Cancellation);
        await Get<ModelLibrary>().RegisterAsync(Actors.Lab, model.Path, "speechless", null, Cancellation);

        var page = Show<ModelsPage>();

        var finding = page.WaitForElement("[data-finding=chat_template_broken]", Patience);
        Assert.Contains("Chat is not possible", finding.TextContent, StringComparison.Ordinal);
        Assert.Contains("line 1", finding.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unload_LoadedModel_GivesItsMemoryBack()
    {
        await AddScriptedModelAsync();
        (await Get<ModelHost>().OpenAsync(ModelLab.Scripted, Cancellation)).Dispose();
        var page = Show<ModelsPage>();
        page.WaitForAssertion(() => Assert.Contains("in memory", page.Find(".model-card").TextContent, StringComparison.Ordinal), Patience);

        await page.InvokeAsync(() => page.FindAll(".model-card button").Single(b => b.TextContent == "Unload").Click());

        page.WaitForAssertion(() => Assert.Contains("not loaded", page.Find(".model-card").TextContent, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Page_Viewer_MayNotChangeAnything()
    {
        await AddGoldenAsync();
        SignIn("guest", LabRoles.Viewer);

        var page = Show<ModelsPage>();

        page.WaitForElement(".model-card", Patience);
        Assert.Empty(page.FindAll("[data-testid=models-register], [data-testid=models-scan], .model-card button"));
    }

    private async Task AddGoldenAsync()
    {
        await Get<ModelLibrary>().RegisterAsync(Actors.Lab, ModelLab.GoldenModel("llama_base"), null, null, Cancellation);
        await Get<ModelLibrary>().RegisterAsync(Actors.Lab, ReferenceFiles.Golden("huggingface", "adapters", "lora"), "tuned", "llama_base", Cancellation);
    }
}

public sealed class ModelsPageChineseTests() : ModelPageTest("zh-CN")
{
    [Fact]
    public async Task Page_InChinese_SpeaksChinese()
    {
        await AddScriptedModelAsync();

        var page = Show<ModelsPage>();

        page.WaitForAssertion(() => Assert.Contains("未加载", page.Find(".model-card").TextContent, StringComparison.Ordinal), Patience);
    }
}
