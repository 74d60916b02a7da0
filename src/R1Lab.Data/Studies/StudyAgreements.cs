using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>How well raters agree, criterion by criterion.</summary>
internal static class StudyAgreements
{
    public static IReadOnlyList<CriterionAgreement> Of(StudyContents contents, IReadOnlyList<ScoreRow> rows)
    {
        var copies = contents.Items.SelectMany(item => IdenticalAnswers.Groups(item.Responses, contents.Study.ShowReasoning))
            .SelectMany(group => group.Skip(1)).Select(response => response.Id).ToHashSet();
        var byCriterion = rows.Where(row => row.Value is not null && !copies.Contains(row.ResponseId)).ToLookup(row => row.Criterion);
        return [.. contents.Criteria.Select(criterion => Of(criterion.Key, byCriterion[criterion.Key]))];
    }

    private static CriterionAgreement Of(string criterion, IEnumerable<ScoreRow> rows)
    {
        var prompts = rows.GroupBy(row => row.ItemId).Select(IReadOnlyList<IReadOnlyList<double>> (item) =>
            [.. item.GroupBy(row => row.ResponseId).Select(IReadOnlyList<double> (answer) => [.. answer.Select(row => (double)row.Value!)])
                .Where(answer => answer.Count > 1)]).ToList();
        var answers = prompts.Sum(units => units.Count);
        var scores = prompts.Sum(units => units.Sum(unit => unit.Count));
        var alpha = KrippendorffAlpha.Estimate(prompts, MeasurementLevel.Ordinal);
        double? raters = answers == 0 ? null : (double)scores / answers;
        return new CriterionAgreement(
            criterion, alpha?.Alpha, alpha?.Low, alpha?.High, answers, scores, raters,
            alpha is null || raters is null ? null : Reliability.OfMean(alpha.Alpha, raters.Value));
    }
}
