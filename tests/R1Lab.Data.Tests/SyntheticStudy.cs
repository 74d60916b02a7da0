using R1Lab.Data.Studies;

namespace R1Lab.Data.Tests;

/// <summary>One score of a made-up study; null for "cannot judge".</summary>
internal sealed record SyntheticScore(int Item, string Rater, string Model, string Criterion, int? Value);

/// <summary>Results of a study that exists as numbers only.</summary>
internal static class SyntheticStudy
{
    public static StudyResults Results(IReadOnlyList<SyntheticScore> scores, PrimaryComparison? primary = null, Func<int, string, bool?>? trainedOn = null, bool without = false)
    {
        var models = scores.Select(score => score.Model).Distinct().ToList();
        var items = scores.Select(score => score.Item).Distinct().Order().Select(item =>
        {
            var entity = new StudyItem { Id = item + 1, Position = item, Prompt = $"prompt {item}" };
            entity.Responses.AddRange(models.Select((model, index) => new StudyResponse
            {
                Id = ResponseId(item, index),
                Position = index,
                ModelName = model,
                Text = $"{item} {model}",
                Fingerprint = model,
                TrainedOn = trainedOn?.Invoke(item, model),
            }));
            return entity;
        }).ToList();
        var criteria = scores.Select(score => score.Criterion).Distinct()
            .Select(key => new Criterion { Key = key, NameEn = key, NameZh = key, Anchors = StandardCriteria.All()[0].Anchors }).ToList();
        var study = new Study { Id = 1, Name = "synthetic", Overlap = 3, Seed = 1, Status = StudyStatus.Open, Primary = primary };
        var rows = scores.Select(score => new ScoreRow(
            1, score.Item + 1, "", ResponseId(score.Item, models.IndexOf(score.Model)), score.Model, score.Model, "", score.Rater, score.Rater, score.Criterion,
            score.Value, score.Value is null, null, null)).ToList();
        return StudyResults.From(new StudyContents(study, criteria, items), rows, without);
    }

    private static int ResponseId(int item, int model) => (item * 10) + model + 1;
}
