using Bunit;
using R1Lab.Data.Runs;
using R1Lab.Web.Components.Pages.Runs;

namespace R1Lab.Web.Tests.Pages;

public sealed class RunSamplesTests : RunPageTest
{
    [Fact]
    public void Samples_NoPrompts_ExplainsHowToSetThem()
    {
        var samples = Samples([]);

        Assert.Contains("Set them on the New run page", samples.Find("[data-testid=empty-state]").TextContent, StringComparison.Ordinal);
        Assert.Equal("/runs/new?from=7", samples.Find("[data-testid=empty-state] a").GetAttribute("href"));
    }

    [Fact]
    public void Samples_PromptsAndNoAnswerYet_SaysTheBaseComesFirst()
    {
        var samples = Samples([], "1+1?");

        Assert.Contains("The base answers the 1 probe prompts", samples.Find("[data-testid=empty-state]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_Answers_StandBesideTheBaseWithTheirGauge()
    {
        var samples = Samples([Probe(0, "4", "two and two"), Probe(50, "four", null, stopped: false)], "2+2?");

        Assert.Equal(["0", "50"], samples.FindAll(".probe-cell").Select(cell => cell.GetAttribute("data-step")));
        Assert.Equal(["thinks, 3 tokens", "answers, 1 tokens", "stops by itself"], Gauge(samples, 0));
        Assert.Equal(["does not think", "answers, 1 tokens", "cut at the length limit"], Gauge(samples, 1));
        Assert.Equal(["1 / 1", "0 / 1"], samples.FindAll("[data-gauge=thinks] td.numbers").Select(cell => cell.TextContent));
        Assert.Equal(["1 / 1", "0 / 1"], samples.FindAll("[data-gauge=stops] td.numbers").Select(cell => cell.TextContent));
    }

    [Fact]
    public void Samples_DifferencesWanted_MarksAddedAndRemovedWords()
    {
        var samples = Samples([Probe(0, "It is 5 apples."), Probe(50, "It is 4 apples.")], "2+2?");

        samples.Find("input[type=checkbox]").Change(true);

        Assert.Equal("It is <del>5</del><ins>4</ins> apples.", samples.Find("[data-step=\"50\"] .probe-difference").InnerHtml);
        Assert.Empty(samples.FindAll("[data-step=\"0\"] .probe-difference"));
    }

    [Fact]
    public void Samples_TextWithMarkup_StaysText()
    {
        var samples = Samples([Probe(0, "<script>alert(1)</script> <img src=x onerror=alert(1)>", "<b>hm</b>")], "<i>2+2?</i>");

        Assert.Empty(samples.FindAll("script, img, b, i"));
        Assert.Contains("<script>alert(1)</script>", samples.Find(".markdown").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_ManyEvaluations_ShowsBaseChosenAndNewest()
    {
        var samples = Samples([.. Enumerable.Range(0, 20).Select(place => Probe(10 * place, $"{place}"))], "2+2?");

        samples.Find("[data-testid=probe-slider]").Input("3");

        Assert.Equal(["0", "30", "190"], samples.FindAll(".probe-cell").Select(cell => cell.GetAttribute("data-step")));
        Assert.Equal("20", samples.FindAll(".sparkline")[0].QuerySelector("polyline")!.GetAttribute("points")!.Split(' ').Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("a b c", "a b c", "=a b c")]
    [InlineData("a b c", "a x c", "=a |-b|+x|= c")]
    [InlineData("", "new", "+new")]
    [InlineData("old", "", "-old")]
    [InlineData("三加四等于八", "三加四等于七", "=三加四等于|-八|+七")]
    [InlineData("x=1, y=2", "x=1, z=3, y=2", "=x=1, |+z=3, |=y=2")]
    public void WordDifference_TwoTexts_GivesTheParts(string before, string after, string expected)
    {
        var parts = WordDifference.Between(before, after);

        Assert.Equal(expected, string.Join('|', parts.Select(part => (part.Kind switch { DifferenceKind.Same => "=", DifferenceKind.Added => "+", _ => "-" }) + part.Text)));
    }

    [Fact]
    public void WordDifference_VeryLongTexts_AreComparedInTime()
    {
        var (before, after) = (string.Join(' ', Enumerable.Range(0, 20_000)), string.Join(' ', Enumerable.Range(1, 20_000)));

        var parts = WordDifference.Between(before, after);

        Assert.Equal(before, string.Concat(parts.Where(part => part.Kind != DifferenceKind.Added).Select(part => part.Text)));
        Assert.Equal(after, string.Concat(parts.Where(part => part.Kind != DifferenceKind.Removed).Select(part => part.Text)));
    }

    private IRenderedComponent<RunSamples> Samples(IReadOnlyList<RunProbe> probes, params string[] prompts) => Show<RunSamples>(parameters => parameters
        .Add(one => one.RunId, 7).Add(one => one.Prompts, prompts).Add(one => one.Probes, probes).Add(one => one.IsUnderWay, true));

    private static IEnumerable<string> Gauge(IRenderedComponent<RunSamples> samples, int cell) =>
        samples.FindAll(".probe-cell")[cell].QuerySelectorAll(".probe-gauge li").Select(item => item.TextContent);

    private static RunProbe Probe(int step, string answer, string? thought = null, bool stopped = true) => new()
    {
        Step = step,
        Prompt = "2+2?",
        Thought = thought,
        Answer = answer,
        ThoughtTokens = thought is null ? 0 : 3,
        AnswerTokens = 1,
        Stopped = stopped,
    };
}
