using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>
/// Every pair of models on every criterion, corrected for their number. With five criteria and three models and no difference anywhere,
/// some uncorrected interval excludes zero in a third of studies.
/// </summary>
internal static class ComparisonFamily
{
    // A primary comparison has the whole level of 0.05; the exploratory ones share a fifth of that, so that a study without any difference
    // shows one in at most 6 % of cases, whichever number is read.
    private const double ExploratoryShare = 0.2;

    public static IReadOnlyList<ModelComparison> All(
        IReadOnlyList<string> models, IReadOnlyList<string> criteria, IReadOnlyList<ScoreRow> rows, PrimaryComparison? primary)
    {
        var byCriterion = rows.ToLookup(row => row.Criterion);
        var plain =
            (from criterion in criteria
             let ratings = Ratings(byCriterion[criterion])
             from second in Enumerable.Range(1, Math.Max(0, models.Count - 1))
             from first in Enumerable.Range(0, second)
             select Compare(criterion, models[first], models[second], ratings, primary)).ToList();
        return [.. NoteCannotJudge(Correct(plain)).OrderBy(one => one.Role != ComparisonRole.Primary)];
    }

    private static List<Dictionary<string, ScoreRow>> Ratings(IEnumerable<ScoreRow> rows) =>
        [.. rows.GroupBy(row => (row.ItemId, row.RaterId)).Select(rating => rating.DistinctBy(row => row.ModelName).ToDictionary(row => row.ModelName))];

    private static ModelComparison Compare(
        string criterion, string first, string second, List<Dictionary<string, ScoreRow>> ratings, PrimaryComparison? primary)
    {
        var role = primary is null ? ComparisonRole.Joint
            : primary.Is(criterion, first, second) ? ComparisonRole.Primary : ComparisonRole.Exploratory;
        // The primary comparison is shown the way round it was asked.
        if (role == ComparisonRole.Primary) (first, second) = (primary!.First, primary.Second);
        var prompts = ratings.Where(rating => rating.ContainsKey(first) && rating.ContainsKey(second))
            .Select(rating => new RatedPair(rating[first].ItemId, rating[first].Value, rating[second].Value)).GroupBy(pair => pair.Item).ToList();
        var result = PairedComparison.Of(prompts.Select(IReadOnlyList<double> (pairs) =>
            [.. pairs.Select(pair => (double?)pair.Second - pair.First).OfType<double>()]));
        return new ModelComparison(criterion, first, second, role, result)
        {
            RatedBoth = prompts.Sum(pairs => pairs.Count()),
            CannotJudge = CannotJudgeComparison.Of(prompts),
        };
    }

    private static IEnumerable<ModelComparison> Correct(List<ModelComparison> plain) => plain.GroupBy(one => one.Role).SelectMany(family =>
    {
        var members = family.ToList();
        var share = family.Key == ComparisonRole.Exploratory ? ExploratoryShare : 1;
        double?[] tested = [.. members.Select(one => one.Result.Prompts.Count < MeanInterval.FewestValues ? null : one.Result.P)];
        var tests = Math.Max(1, tested.Count(p => p is not null)) / share;
        var corrected = Holm.Correct(tested);
        return members.Select((one, index) => Judge(one, tests, corrected[index] / share));
    });

    private static ModelComparison Judge(ModelComparison one, double tests, double? corrected)
    {
        var confidence = 1 - (Verdicts.Level / tests);
        var interval = one.Result.Interval(confidence);
        double? p = corrected is { } value ? Math.Min(1, value) : null;
        return one with
        {
            Confidence = confidence,
            Low = interval?.Low,
            High = interval?.High,
            HolmP = p,
            Verdict = Verdicts.Of(one.Result, interval, p, tests),
        };
    }

    private static IEnumerable<ModelComparison> NoteCannotJudge(IEnumerable<ModelComparison> comparisons)
    {
        var all = comparisons.ToList();
        var corrected = Holm.Correct([.. all.Select(one => one.CannotJudge.P)]);
        return all.Select((one, index) => one with { CannotJudge = one.CannotJudge with { HolmP = corrected[index] } });
    }
}
