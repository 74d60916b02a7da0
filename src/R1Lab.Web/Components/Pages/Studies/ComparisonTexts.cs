using System.Globalization;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Statistics;
using R1Lab.Data.Studies;

namespace R1Lab.Web.Components.Pages.Studies;

/// <summary>A comparison in words and numbers, as tables and verdicts print it.</summary>
internal static class ComparisonTexts
{
    private const double SmallestShownP = 0.0001;

    /// <summary>One sentence that test and interval both support.</summary>
    public static string Verdict(IStringLocalizer<StudyPage> text, ModelComparison one) => text[$"Verdict{one.Verdict}", one.First, one.Second, MeanInterval.FewestValues];

    /// <summary>The numbers behind the sentence.</summary>
    public static string Evidence(IStringLocalizer<StudyPage> text, ModelComparison one)
    {
        if (one.Result.MeanDifference is not { } difference) return text["EvidenceNone", one.RatedBoth];
        var interval = one.Low is null ? text["NoInterval"].Value : text["EvidenceInterval", Percent(one.Confidence), Interval(one)];
        var test = one.HolmP is { } p ? text["EvidenceTest", p < SmallestShownP ? P(p) : $"= {P(p)}", Plain(one.Result.RankBiserial)].Value : "";
        return text["Evidence", one.Second, one.First, Signed(difference), interval, test, one.Result.Pairs, one.RatedBoth, one.Result.Prompts.Count];
    }

    /// <summary>Two digits with a minus sign, and no minus before zero.</summary>
    public static string Plain(double? value) => value?.ToString("0.00;−0.00;0.00", CultureInfo.CurrentCulture) ?? "–";

    public static string Signed(double? value) => value?.ToString("+0.00;−0.00;0.00", CultureInfo.CurrentCulture) ?? "–";

    public static string Interval(ModelComparison one) => one.Low is null ? "–" : $"{Signed(one.Low)} … {Signed(one.High)}";

    public static string P(double? value) => value switch
    {
        null => "–",
        < SmallestShownP => "< " + SmallestShownP.ToString("0.0000", CultureInfo.CurrentCulture),
        _ => value.Value.ToString("0.0000", CultureInfo.CurrentCulture),
    };

    public static string Percent(double share) => (share * 100).ToString(share > 0.99 ? "0.##" : "0.#", CultureInfo.CurrentCulture) + " %";
}
