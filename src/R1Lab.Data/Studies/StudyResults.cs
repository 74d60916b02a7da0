using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>One submitted score with everything that belongs to it, as exported.</summary>
public sealed record ScoreRow(
    int StudyId, int ItemId, string Prompt, int ResponseId, string ModelName, string Fingerprint, string Response, string RaterId,
    string RaterName, string Criterion, int? Value, bool IsNotApplicable, string? Comment, DateTimeOffset? SubmittedAt);

/// <summary>
/// Scores of one model on one criterion. <paramref name="Mean"/> and its 95 % interval (prompts resampled) are null without scores;
/// "cannot judge" is counted apart and is in no mean. <paramref name="Counts"/> are the scores 1 to 5.
/// </summary>
public sealed record CriterionResult(
    string ModelName, string Criterion, int Count, double? Mean, double? Low, double? High, int CannotJudge, IReadOnlyList<int> Counts);

/// <summary>The same for one rater, without an interval.</summary>
public sealed record RaterResult(string RaterId, string RaterName, string ModelName, string Criterion, int Count, double? Mean, int CannotJudge);

/// <summary>Krippendorff's ordinal alpha; null when no answer has two scores or all scores are equal.</summary>
public sealed record CriterionAgreement(string Criterion, double? Alpha, int Answers, int Scores);

/// <summary>A model in the study and the weights that answered under its name.</summary>
public sealed record StudyModel(string ModelName, IReadOnlyList<string> Fingerprints, int Responses);

public sealed record StudyResults(
    Study Study,
    IReadOnlyList<Criterion> Criteria,
    IReadOnlyList<StudyModel> Models,
    int Items,
    int Submissions,
    int Raters,
    IReadOnlyList<CriterionResult> ByCriterion,
    IReadOnlyList<RaterResult> ByRater,
    IReadOnlyList<CriterionAgreement> Agreement,
    IReadOnlyList<ModelComparison> Comparisons)
{
    private const int Rounds = 1000;

    public static StudyResults From(StudyContents contents, IReadOnlyList<ScoreRow> rows)
    {
        var models = contents.Items.SelectMany(item => item.Responses).GroupBy(response => response.ModelName)
            .Select(group => new StudyModel(group.Key, [.. group.Select(one => one.Fingerprint).Distinct()], group.Count())).ToList();
        var cells = rows.ToLookup(row => (row.ModelName, row.Criterion));
        return new StudyResults(
            contents.Study,
            contents.Criteria,
            models,
            contents.Items.Count,
            rows.Select(row => (row.ItemId, row.RaterId)).Distinct().Count(),
            rows.Select(row => row.RaterId).Distinct().Count(),
            [.. from model in models
                from criterion in contents.Criteria
                select Summarise(contents.Study.Seed, model.ModelName, criterion.Key, [.. cells[(model.ModelName, criterion.Key)]])],
            [.. rows.GroupBy(row => (row.RaterId, row.RaterName, row.ModelName, row.Criterion)).Select(group => new RaterResult(
                group.Key.RaterId, group.Key.RaterName, group.Key.ModelName, group.Key.Criterion,
                group.Count(row => row.Value is not null), group.Average(row => row.Value), group.Count(row => row.IsNotApplicable)))],
            [.. contents.Criteria.Select(criterion => Agree(criterion.Key, rows))],
            ModelComparison.All(
                [.. models.Select(model => model.ModelName)], [.. contents.Criteria.Select(one => one.Key)], rows, Rounds, contents.Study.Seed));
    }

    private static CriterionResult Summarise(int seed, string model, string criterion, IReadOnlyList<ScoreRow> rows)
    {
        var scored = rows.Where(row => row.Value is not null).ToList();
        var clusters = scored.GroupBy(row => row.ItemId)
            .Select(item => (IReadOnlyList<double>)[.. item.Select(row => (double)row.Value!)]).ToList();
        var mean = Means.Bootstrap(clusters, Rounds, seed);
        return new CriterionResult(
            model, criterion, scored.Count, mean?.Mean, mean?.Low, mean?.High, rows.Count(row => row.IsNotApplicable),
            [.. Enumerable.Range(RatingRules.Lowest, RatingRules.Highest).Select(point => scored.Count(row => row.Value == point))]);
    }

    private static CriterionAgreement Agree(string criterion, IReadOnlyList<ScoreRow> rows)
    {
        var units = rows.Where(row => row.Criterion == criterion && row.Value is not null).GroupBy(row => row.ResponseId)
            .Select(unit => (IReadOnlyList<double>)[.. unit.Select(row => (double)row.Value!)]).Where(unit => unit.Count > 1).ToList();
        return new CriterionAgreement(
            criterion, KrippendorffAlpha.Compute(units, MeasurementLevel.Ordinal), units.Count, units.Sum(unit => unit.Count));
    }
}
