using R1Lab.Data.Studies;
using R1Lab.Web.Studies;

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
    int Id, string Name, string Status, int Overlap, string? Language, string Guidelines, PrimaryComparison? Primary,
    IReadOnlyList<CriterionCard> Criteria, IReadOnlyList<StudyItemCard> Items)
{
    public static StudyDocument Of(StudyContents contents) => new(
        contents.Study.Id, contents.Study.Name, contents.Study.Status.ToString().ToLowerInvariant(), contents.Study.Overlap, contents.Study.Language,
        contents.Study.GuidelinesMarkdown, contents.Study.Primary, [.. contents.Criteria.Select(CriterionCard.Of)],
        [.. contents.Items.Select(StudyItemCard.Of)]);
}

public sealed record StudyItemCard(int Id, string Prompt, IReadOnlyList<StudyResponseCard> Responses)
{
    public static StudyItemCard Of(StudyItem item) => new(item.Id, item.Prompt, [.. item.Responses.Select(one =>
        new StudyResponseCard(one.Id, one.ModelName, one.Text, one.Reasoning, one.Fingerprint, one.SettingsJson, one.TrainedOn))]);
}

/// <summary><c>trained_on</c>: whether the model was trained on the prompt; null when that is not known.</summary>
public sealed record StudyResponseCard(int Id, string Model, string Text, string? Reasoning, string Fingerprint, string? Settings, bool? TrainedOn);
