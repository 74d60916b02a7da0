using R1Lab.Data.Statistics;
using R1Lab.Data.Studies;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api;

/// <summary>A study in a list.</summary>
public sealed record StudyCard(
    int Id, string Name, string Status, int Items, int Overlap, int Submitted, int Waiting, int Raters, string? Language, string? Owner,
    DateTimeOffset CreatedAt, StudyProgressCard? Progress)
{
    public static StudyCard Of(StudySummary summary, StudyProgress? progress) => new(
        summary.Study.Id, summary.Study.Name, summary.Study.Status.ToString().ToLowerInvariant(), summary.Items, summary.Study.Overlap,
        summary.Submitted, Math.Max(0, summary.Wanted - summary.Submitted), summary.Raters, summary.Study.Language, summary.Study.OwnerName,
        summary.Study.CreatedAt, progress is null ? null : StudyProgressCard.Of(progress));
}

/// <summary>How far the answers are written: running, waiting_for_memory, finished, cancelled or failed.</summary>
public sealed record StudyProgressCard(string State, int Done, int Total, string? Error)
{
    public static StudyProgressCard Of(StudyProgress progress) =>
        new(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(progress.State.ToString()), progress.Done, progress.Total, progress.Failure);
}

public sealed record CriterionCard(string Key, string Name, string NameZh, bool Required, bool AllowNotApplicable, IReadOnlyList<string> Anchors, IReadOnlyList<string> AnchorsZh)
{
    public static CriterionCard Of(Criterion criterion) => new(
        criterion.Key, criterion.NameEn, criterion.NameZh, criterion.Required, criterion.AllowNotApplicable,
        [.. criterion.Anchors.Select(anchor => anchor.En)], [.. criterion.Anchors.Select(anchor => anchor.Zh)]);
}

/// <summary>A study with everything in it.</summary>
public sealed record StudyDocument(
    int Id, string Name, string Status, int Overlap, string? Language, string Guidelines, IReadOnlyList<CriterionCard> Criteria, IReadOnlyList<StudyItemCard> Items)
{
    public static StudyDocument Of(StudyContents contents) => new(
        contents.Study.Id, contents.Study.Name, contents.Study.Status.ToString().ToLowerInvariant(), contents.Study.Overlap, contents.Study.Language,
        contents.Study.GuidelinesMarkdown, [.. contents.Criteria.Select(CriterionCard.Of)], [.. contents.Items.Select(StudyItemCard.Of)]);
}

public sealed record StudyItemCard(int Id, string Prompt, IReadOnlyList<StudyResponseCard> Responses)
{
    public static StudyItemCard Of(StudyItem item) => new(item.Id, item.Prompt, [.. item.Responses.Select(one =>
        new StudyResponseCard(one.Id, one.ModelName, one.Text, one.Reasoning, one.Fingerprint, one.SettingsJson))]);
}

public sealed record StudyResponseCard(int Id, string Model, string Text, string? Reasoning, string Fingerprint, string? Settings);

/// <summary>What raters said. <c>mean</c>, <c>low</c> and <c>high</c> (95 %) are null without scores; "cannot judge" is in no mean.</summary>
public sealed record StudyResultsDocument(
    int Id, int Items, int Submissions, int Raters, IReadOnlyList<MeanCard> Means, IReadOnlyList<AgreementCard> Agreement,
    IReadOnlyList<ComparisonCard> Comparisons, IReadOnlyList<RaterCard> ByRater)
{
    public static StudyResultsDocument Of(StudyResults results) => new(
        results.Study.Id, results.Items, results.Submissions, results.Raters,
        [.. results.ByCriterion.Select(one => new MeanCard(one.ModelName, one.Criterion, one.Count, one.Mean, one.Low, one.High, one.CannotJudge, one.Counts))],
        [.. results.Agreement.Select(one => new AgreementCard(one.Criterion, one.Alpha, one.Answers, one.Scores))],
        [.. results.Comparisons.Select(ComparisonCard.Of)],
        [.. results.ByRater.Select(one => new RaterCard(one.RaterName, one.ModelName, one.Criterion, one.Count, one.Mean, one.CannotJudge))]);
}

public sealed record MeanCard(string Model, string Criterion, int Count, double? Mean, double? Low, double? High, int CannotJudge, IReadOnlyList<int> Counts);

/// <summary>Krippendorff's ordinal alpha.</summary>
public sealed record AgreementCard(string Criterion, double? Alpha, int Answers, int Scores);

/// <summary>How far <c>second</c> is above <c>first</c>: paired bootstrap and Wilcoxon, corrected by Holm.</summary>
public sealed record ComparisonCard(
    string Criterion, string First, string Second, int Prompts, double Difference, double Low, double High, double? P, double? HolmP)
{
    public static ComparisonCard Of(ModelComparison one)
    {
        PairedComparison result = one.Result;
        return new(one.Criterion, one.First, one.Second, result.Prompts, result.MeanDifference, result.Low, result.High, result.P, one.HolmP);
    }
}

public sealed record RaterCard(string Rater, string Model, string Criterion, int Count, double? Mean, int CannotJudge);
