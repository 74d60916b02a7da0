using R1Lab.Data.Statistics;

namespace R1Lab.Data.Studies;

/// <summary>One submitted score with everything that belongs to it, as exported.</summary>
public sealed record ScoreRow(
    int StudyId, int ItemId, string Prompt, int ResponseId, string ModelName, string Fingerprint, string Response, string RaterId,
    string RaterName, string Criterion, int? Value, bool IsNotApplicable, string? Comment, DateTimeOffset? SubmittedAt);

/// <summary>
/// Scores of one model on one criterion. <paramref name="Mean"/> is over prompts, of the mean over a prompt's raters, null without scores;
/// its 95 % t interval is null where there is none. "Cannot judge" is counted apart and is in no mean. <paramref name="Counts"/> are the
/// scores 1 to 5.
/// </summary>
public sealed record CriterionResult(
    string ModelName, string Criterion, int Count, int Prompts, double? Mean, double? Low, double? High, int CannotJudge, IReadOnlyList<int> Counts)
{
    private const double NearEnd = 0.5;
    private const int ManyPrompts = 100;

    /// <summary>Of all that raters said; null when they said nothing.</summary>
    public double? CannotJudgeShare => Count + CannotJudge == 0 ? null : (double)CannotJudge / (Count + CannotJudge);

    /// <summary>Near an end of the scale scores are lopsided, and few prompts give intervals that are rather short.</summary>
    public bool IsIntervalShort =>
        Low is not null && Prompts < ManyPrompts && (Mean > RatingRules.Highest - NearEnd || Mean < RatingRules.Lowest + NearEnd);
}

/// <summary>The same for one rater, without an interval.</summary>
public sealed record RaterResult(string RaterId, string RaterName, string ModelName, string Criterion, int Count, double? Mean, int CannotJudge);

/// <summary>
/// Krippendorff's ordinal alpha with its 95 % interval; null when no answer has two scores or all scores are equal. It is about single
/// scores: <paramref name="MeanReliability"/> is that of the mean of the <paramref name="RatersPerAnswer"/> scores an answer got.
/// </summary>
public sealed record CriterionAgreement(
    string Criterion, double? Alpha, double? Low, double? High, int Answers, int Scores, double? RatersPerAnswer, double? MeanReliability);

/// <summary>
/// A model in the study and the weights that answered under its name. <paramref name="TrainedOn"/> prompts were in the training data of the
/// runs behind it; of <paramref name="Unknown"/> ones that is not known.
/// </summary>
public sealed record StudyModel(string ModelName, IReadOnlyList<string> Fingerprints, int Responses, int TrainedOn, int Unknown);

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
    /// <summary>Prompts that one of the models was trained on.</summary>
    public required int TrainedOn { get; init; }

    /// <summary>Prompts where two models gave the same answer, which raters saw once.</summary>
    public required int Identical { get; init; }

    /// <summary>Whether prompts that a model was trained on are left out of all numbers but these counts.</summary>
    public required bool IsWithoutTrainedOn { get; init; }

    /// <summary>The comparison the study was made for, null when none was chosen.</summary>
    public ModelComparison? Primary => Comparisons.FirstOrDefault(one => one.Role == ComparisonRole.Primary);

    /// <summary>Everything that the scores of a study say.</summary>
    /// <param name="contents">The study.</param>
    /// <param name="rows">Its scores.</param>
    /// <param name="withoutTrainedOn">Leaves out prompts that one of the models was trained on.</param>
    public static StudyResults From(StudyContents contents, IReadOnlyList<ScoreRow> rows, bool withoutTrainedOn = false)
    {
        var trainedOn = contents.Items.Where(item => item.Responses.Any(response => response.TrainedOn == true)).Select(item => item.Id).ToHashSet();
        if (withoutTrainedOn) rows = [.. rows.Where(row => !trainedOn.Contains(row.ItemId))];
        var models = Named(contents);
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
                select Summarise(model.ModelName, criterion.Key, [.. cells[(model.ModelName, criterion.Key)]])],
            [.. rows.GroupBy(row => (row.RaterId, row.RaterName, row.ModelName, row.Criterion)).Select(group => new RaterResult(
                group.Key.RaterId, group.Key.RaterName, group.Key.ModelName, group.Key.Criterion,
                group.Count(row => row.Value is not null), group.Average(row => row.Value), group.Count(row => row.IsNotApplicable)))],
            StudyAgreements.Of(contents, rows),
            ComparisonFamily.All(
                [.. models.Select(model => model.ModelName)], [.. contents.Criteria.Select(one => one.Key)], rows, contents.Study.Primary))
        {
            TrainedOn = trainedOn.Count,
            Identical = contents.Items.Count(item => IdenticalAnswers.Groups(item.Responses, contents.Study.ShowReasoning).Count < item.Responses.Count),
            IsWithoutTrainedOn = withoutTrainedOn,
        };
    }

    private static List<StudyModel> Named(StudyContents contents) =>
        [.. contents.Items.SelectMany(item => item.Responses).GroupBy(response => response.ModelName).Select(group => new StudyModel(
            group.Key, [.. group.Select(one => one.Fingerprint).Distinct()], group.Count(), group.Count(one => one.TrainedOn == true),
            group.Count(one => one.TrainedOn is null)))];

    private static CriterionResult Summarise(string model, string criterion, IReadOnlyList<ScoreRow> rows)
    {
        var scored = rows.Where(row => row.Value is not null).ToList();
        double[] prompts = [.. scored.GroupBy(row => row.ItemId).Select(item => item.Average(row => row.Value!.Value))];
        var mean = MeanInterval.OfPrompts(prompts);
        return new CriterionResult(
            model, criterion, scored.Count, prompts.Length, mean?.Mean, mean?.Low, mean?.High, rows.Count(row => row.IsNotApplicable),
            [.. Enumerable.Range(RatingRules.Lowest, RatingRules.Highest).Select(point => scored.Count(row => row.Value == point))]);
    }
}
