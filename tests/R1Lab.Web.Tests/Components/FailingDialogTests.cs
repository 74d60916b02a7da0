using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using MudBlazor;
using R1Lab.Web.Components.Layout;

namespace R1Lab.Web.Tests.Components;

/// <summary>A dialog that throws: the page below it stays.</summary>
public sealed class FailingDialogTests : PageTest
{
    public FailingDialogTests()
    {
        ComponentFactories.AddStub<DeviceChip>();
        ComponentFactories.AddStub<NavigationPanel>();
        ComponentFactories.AddStub<DeviceNotice>();
        ComponentFactories.AddStub<PlainHttpNotice>();
        ComponentFactories.AddStub<UserMenu>();
        ComponentFactories.AddStub<LanguageSwitch>();
    }

    [Fact]
    public async Task Dialog_Throws_IsReplacedByAMessageAndThePageStays()
    {
        var page = Render<MainLayout>(layout => layout.Add(it => it.Body, body => body.AddMarkupContent(0, "<p id=\"body\">still here</p>")));
        await OpenAsync(page);

        await page.Find("#fail").ClickAsync();

        Assert.Contains("This page failed.", page.WaitForElement(".dialog-failed [data-testid=error-panel]").TextContent, StringComparison.Ordinal);
        Assert.Equal("still here", page.Find("#body").TextContent);

        await page.Find(".dialog-failed button").ClickAsync();
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".dialog-failed")));
        await OpenAsync(page);
    }

    private async Task OpenAsync(IRenderedComponent<MainLayout> page)
    {
        await page.InvokeAsync(() => Get<IDialogService>().ShowAsync<FailingDialog>());
        page.WaitForElement("#fail");
    }

    private sealed class FailingDialog : ComponentBase
    {
        protected override void BuildRenderTree(RenderTreeBuilder builder)
        {
            builder.OpenElement(0, "button");
            builder.AddAttribute(1, "id", "fail");
            builder.AddAttribute(2, "onclick", EventCallback.Factory.Create(this, () => throw new InvalidOperationException("a fault of the dialog")));
            builder.CloseElement();
        }
    }
}
