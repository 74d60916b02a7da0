using System.Text.Json;
using R1Lab.Data.Studies;

namespace R1Lab.Web.Api;

/// <summary>
/// What raters said. Means are over prompts, of the mean over a prompt's raters; <c>low</c> and <c>high</c> are t intervals over prompts and
/// hold for these raters; they are null below five prompts and where nothing varies. "Cannot judge" is in no mean. <c>trained_on</c> counts
/// prompts that one of the models was trained on (<c>without_trained_on</c>: left out), <c>identical</c> those where two models gave one answer.
/// </summary>
public sealed record StudyResultsDocument(
    int Id, int Items, int Submissions, int Raters, PrimaryComparison? Primary, int TrainedOn, bool WithoutTrainedOn, int Identical,
    IReadOnlyList<StudyModelCard> Models, IReadOnlyList<MeanCard> Means, IReadOnlyList<AgreementCard> Agreement,
    IReadOnlyList<ComparisonCard> Comparisons, IReadOnlyList<RaterCard> ByRater)
{
    public static StudyResultsDocument Of(StudyResults results) => new(
        results.Study.Id, results.Items, results.Submissions, results.Raters, results.Study.Primary, results.TrainedOn, results.IsWithoutTrainedOn,
        results.Identical,
        [.. results.Models.Select(one => new StudyModelCard(one.ModelName, one.Fingerprints, one.Responses, one.TrainedOn, one.Unknown))],
        [.. results.ByCriterion.Select(MeanCard.Of)],
        [.. results.Agreement.Select(AgreementCard.Of)],
        [.. results.Comparisons.Select(ComparisonCard.Of)],
        [.. results.ByRater.Select(one => new RaterCard(one.RaterName, one.ModelName, one.Criterion, one.Count, one.Mean, one.CannotJudge))]);
}

/// <summary>A model, the weights behind its name, and on how many of its prompts it was trained; of <c>unknown</c> ones that is not known.</summary>
public sealed record StudyModelCard(string Model, IReadOnlyList<string> Fingerprints, int Responses, int TrainedOn, int Unknown);

public sealed record MeanCard(
    string Model, string Criterion, int Count, int Prompts, double? Mean, double? Low, double? High, int CannotJudge, double? CannotJudgeShare,
    IReadOnlyList<int> Counts)
{
    public static MeanCard Of(CriterionResult one) => new(
        one.ModelName, one.Criterion, one.Count, one.Prompts, one.Mean, one.Low, one.High, one.CannotJudge, one.CannotJudgeShare, one.Counts);
}

/// <summary>
/// Krippendorff's ordinal alpha of single scores with a 95 % interval, and the reliability of the mean of <c>raters_per_answer</c> scores.
/// </summary>
public sealed record AgreementCard(
    string Criterion, double? Alpha, double? Low, double? High, int Answers, int Scores, double? RatersPerAnswer, double? MeanReliability)
{
    public static AgreementCard Of(CriterionAgreement one) =>
        new(one.Criterion, one.Alpha, one.Low, one.High, one.Answers, one.Scores, one.RatersPerAnswer, one.MeanReliability);
}

/// <summary>
/// How far <c>second</c> is above <c>first</c>, within rater and prompt: the mean difference over prompts with its t interval at
/// <c>confidence</c>, Wilcoxon's signed-rank p (<c>holm_p</c>: corrected) and effect size. <c>role</c> is primary, exploratory or joint;
/// <c>verdict</c> is second_higher, first_higher, no_clear_difference, undecided, equal, too_few_prompts or not_comparable.
/// </summary>
public sealed record ComparisonCard(
    string Criterion, string First, string Second, string Role, string Verdict, int Prompts, int Pairs, int RatedBoth, double? Difference,
    double Confidence, double? Low, double? High, double? P, double? HolmP, double? RankBiserial, CannotJudgeCard CannotJudge)
{
    public static ComparisonCard Of(ModelComparison one) => new(
        one.Criterion, one.First, one.Second, Word(one.Role), Word(one.Verdict), one.Result.Prompts.Count, one.Result.Pairs, one.RatedBoth,
        one.Result.MeanDifference, one.Confidence, one.Low, one.High, one.Result.P, one.HolmP, one.Result.RankBiserial,
        new CannotJudgeCard(one.CannotJudge.First, one.CannotJudge.Second, one.CannotJudge.P, one.CannotJudge.HolmP));

    private static string Word(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <summary>Share of "cannot judge" on each model; <c>p</c> is a sign test over prompts.</summary>
public sealed record CannotJudgeCard(double? First, double? Second, double? P, double? HolmP);

public sealed record RaterCard(string Rater, string Model, string Criterion, int Count, double? Mean, int CannotJudge);
