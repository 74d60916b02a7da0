using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>
/// How often raters could not judge each of two models. Scores are not missing at random where that differs: the comparison then rests on
/// the prompts that both models left judgeable.
/// </summary>
/// <param name="First">Share of the raters' answers on the first model, null without any.</param>
/// <param name="Second">The same for the second.</param>
/// <param name="P">Sign test over prompts: on which model more of its raters could not judge. Null when no prompt differs.</param>
/// <param name="HolmP">Corrected for all comparisons of the study.</param>
public sealed record CannotJudgeComparison(double? First, double? Second, double? P, double? HolmP = null)
{
    // A note beside every comparison must not become a finding by itself in one study of twenty.
    private const double Level = 0.01;

    public bool Differs => HolmP < Level;

    internal static CannotJudgeComparison Of(IEnumerable<IGrouping<int, RatedPair>> prompts)
    {
        var (first, second, count, wins, losses) = (0, 0, 0, 0, 0);
        foreach (var pairs in prompts)
        {
            var (one, other) = (pairs.Count(pair => pair.First is null), pairs.Count(pair => pair.Second is null));
            (first, second, count) = (first + one, second + other, count + pairs.Count());
            if (other > one) wins++;
            if (one > other) losses++;
        }

        return count == 0 ? new CannotJudgeComparison(null, null, null)
            : new CannotJudgeComparison((double)first / count, (double)second / count, SignTest.P(wins, losses));
    }
}

/// <summary>What one rater said of two models on one prompt; null for "cannot judge".</summary>
internal sealed record RatedPair(int Item, int? First, int? Second);
