using R1Lab.Data.Studies;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Tests.Studies;

public sealed class ScaleTests : PageTest
{
    private static readonly Criterion Relevance = StandardCriteria.All()[0];

    [Fact]
    public void Scale_Shown_IsAFieldsetOfFiveLabelledRadiosAndCannotJudge()
    {
        var scale = Draw();

        var set = scale.Find("fieldset");
        Assert.StartsWith("Relevance", set.QuerySelector("legend")!.TextContent.Trim(), StringComparison.Ordinal);
        Assert.Equal(["1", "2", "3", "4", "5", "none"], scale.FindAll("input[type=radio]").Select(radio => radio.GetAttribute("value")));
        Assert.Equal(Relevance.Anchors.Select(anchor => anchor.En), scale.FindAll("label .scale-anchor").Select(anchor => anchor.TextContent));
        Assert.Single(scale.FindAll("input[type=radio]").Select(radio => radio.GetAttribute("name")).Distinct());
        Assert.Equal(scale.Find("[data-testid=scale-chosen]").Id, set.GetAttribute("aria-describedby"));
    }

    [Fact]
    public void Scale_Shown_TellsTheDeskWhatItIsAndHoldsNoValue()
    {
        var set = Draw().Find("fieldset");

        Assert.Equal(
            ("1", "relevance", "Relevance", "B", true, true),
            (set.GetAttribute("data-slot"), set.GetAttribute("data-criterion"), set.GetAttribute("data-label"), set.GetAttribute("data-answer-label"),
                set.HasAttribute("data-required"), set.HasAttribute("data-none")));
        Assert.Empty(set.QuerySelectorAll("input[checked]"));
        Assert.Equal("Not rated yet", set.QuerySelector("[data-chosen]")!.GetAttribute("data-empty"));
    }

    private IRenderedComponent<Scale> Draw() => Render<Scale>(scale => scale
        .Add(one => one.Name, "score-1-relevance").Add(one => one.Slot, 1).Add(one => one.SlotLabel, "B").Add(one => one.Label, Relevance.NameEn)
        .Add(one => one.Criterion, Relevance.Key).Add(one => one.Anchors, [.. Relevance.Anchors.Select(anchor => anchor.En)]));
}
