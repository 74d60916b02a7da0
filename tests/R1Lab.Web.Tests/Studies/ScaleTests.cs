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
    public void Scale_PointChosen_ShowsItsTextAlways()
    {
        var scale = Draw(value: 4);

        Assert.Equal("4 · On topic, little irrelevant text", scale.Find("[data-testid=scale-chosen]").TextContent);
        Assert.Equal("4", Assert.Single(scale.FindAll("input[checked]")).GetAttribute("value"));
    }

    [Fact]
    public void Scale_PointsPressed_TellThePointAndNullForCannotJudge()
    {
        var chosen = new List<int?>();
        var scale = Draw(onChosen: chosen.Add);

        scale.Find("[data-testid=rate-point-5]").Change("5");
        scale.Find("[data-testid=rate-cannot-judge]").Change("none");

        Assert.Equal([5, null], chosen);
    }

    private IRenderedComponent<Scale> Draw(int? value = null, Action<int?>? onChosen = null) => Render<Scale>(scale => scale
        .Add(one => one.Name, "score-0-relevance").Add(one => one.Label, Relevance.NameEn).Add(one => one.Criterion, Relevance.Key)
        .Add(one => one.Anchors, [.. Relevance.Anchors.Select(anchor => anchor.En)]).Add(one => one.Value, value)
        .Add(one => one.OnChosen, point => onChosen?.Invoke(point)));
}
