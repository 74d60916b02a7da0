using Microsoft.AspNetCore.Components;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Tests.Components;

public sealed class ItemBoundaryTests : PageTest
{
    [Fact]
    public void Item_ThatFails_LeavesItsNeighbours()
    {
        var shown = Show<ItemList>(parameters => parameters.Add(list => list.Items, ["one", "bad", "three"]));

        Assert.Equal(["one", "three"], shown.FindAll("p[data-item]").Select(item => item.TextContent));
        Assert.Single(shown.FindAll("[data-testid=item-failed]"));
    }

    [Fact]
    public void Item_ThatFails_ShowsItsPlainText()
    {
        var shown = Show<ItemBoundary>(parameters => parameters.Add(item => item.Item, "bad").Add(item => item.Plain, "<b>bad</b>").Add(item => item.ChildContent, Fragment("bad")));

        Assert.Equal("<b>bad</b>", shown.Find("[data-testid=item-plain]").TextContent);
    }

    [Fact]
    public void Item_ReplacedAfterItFailed_IsTriedAgain()
    {
        var shown = Show<ItemBoundary>(parameters => parameters.Add(item => item.Item, "bad").Add(item => item.ChildContent, Fragment("bad")));

        shown.Render(parameters => parameters.Add(item => item.Item, "good").Add(item => item.ChildContent, Fragment("good")));

        Assert.Equal("good", shown.Find("p[data-item]").TextContent);
    }

    private static RenderFragment Fragment(string item) => builder =>
    {
        if (item == "bad") throw new InvalidOperationException("This item cannot be rendered.");
        builder.OpenElement(0, "p");
        builder.AddAttribute(1, "data-item", "");
        builder.AddContent(2, item);
        builder.CloseElement();
    };

    private sealed class ItemList : ComponentBase
    {
        [Parameter]
        public IReadOnlyList<string> Items { get; set; } = [];

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
        {
            foreach (var item in Items)
            {
                builder.OpenComponent<ItemBoundary>(0);
                builder.SetKey(item);
                builder.AddAttribute(1, nameof(ItemBoundary.Item), item);
                builder.AddAttribute(2, nameof(ItemBoundary.ChildContent), Fragment(item));
                builder.CloseComponent();
            }
        }
    }
}
