using System.Collections;
using System.Globalization;
using System.Resources;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using R1Lab.Engine;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Tests.Components;

public sealed class LoadableTests : PageTest
{
    [Fact]
    public void Value_NotThereYet_ShowsLoading()
    {
        var waiting = new TaskCompletionSource<IReadOnlyList<int>>();

        var shown = ShowList(() => waiting.Task);

        Assert.NotNull(shown.Find("[data-testid=loading]"));
    }

    [Fact]
    public void Value_Empty_ShowsTheEmptyState()
    {
        var shown = ShowList(() => Task.FromResult<IReadOnlyList<int>>(Array.Empty<int>()));

        Assert.Equal("nothing", shown.Markup);
    }

    [Fact]
    public void Value_ThatFailed_ShowsWhyAndCanBeTriedAgain()
    {
        var tries = 0;
        var shown = ShowList(() => ++tries == 1 ? throw new BadInputException("model.safetensors", "header", "is cut") : Task.FromResult<IReadOnlyList<int>>([1, 2]));
        var reason = shown.Find("[data-testid=error-panel] .error-message").TextContent;

        shown.Find("[data-testid=error-panel] button").Click();

        Assert.Equal("This cannot be used: model.safetensors: header: is cut", reason);
        Assert.Equal("2 there", shown.Markup);
    }

    private IRenderedComponent<Loadable<IReadOnlyList<int>>> ShowList(Func<Task<IReadOnlyList<int>>> load) => Show<Loadable<IReadOnlyList<int>>>(parameters => parameters
        .Add(list => list.Load, load)
        .Add(list => list.Empty, "nothing")
        .Add(list => list.ChildContent, (RenderFragment<IReadOnlyList<int>>)(values => builder => builder.AddContent(0, $"{values.Count} there"))));
}

public sealed class MudTextsTests() : PageTest(Languages.Chinese)
{
    [Fact]
    public void Texts_CoverEveryKeyOfMudBlazor()
    {
        var known = Keys(new ResourceManager("MudBlazor.Resources.LanguageResource", typeof(MudButton).Assembly));

        var ours = Keys(new ResourceManager(typeof(MudTexts)));

        Assert.Equal(known, ours);
    }

    [Fact]
    public void Localizer_InChinese_TranslatesMudBlazorsOwnTexts()
    {
        var text = Get<MudLocalizer>()["MudDataGridPager_InfoFormat", 1, 10, 25];

        Assert.Equal("第 1-10 条，共 25 条", text.Value);
    }

    private static List<string> Keys(ResourceManager resources) =>
        [.. resources.GetResourceSet(CultureInfo.InvariantCulture, true, true)!.Cast<DictionaryEntry>().Select(entry => (string)entry.Key).Order(StringComparer.Ordinal)];
}
