using R1Lab.Data.Studies;

namespace R1Lab.Bench.Rating;

/// <summary>Studies drawn from a world and judged by the program as it judges real ones.</summary>
internal sealed class SimulatedStudy(RatingWorld world, int prompts, int criteria = 1)
{
    private readonly List<StudyItem> _items = [.. Enumerable.Range(0, prompts).Select(item => Item(item, world.Models.Count))];
    private readonly List<Criterion> _criteria = [.. Enumerable.Range(0, criteria).Select(index => new Criterion
    {
        Key = $"c{index}",
        NameEn = $"c{index}",
        NameZh = $"c{index}",
        Anchors = StandardCriteria.All()[0].Anchors,
    })];

    public PrimaryComparison? Primary { get; init; }

    /// <summary>Whether a rater cannot judge a model's answer.</summary>
    public Func<int, int, Random, bool> CannotJudge { get; init; } = (_, _, _) => false;

    public static string Model(int model) => $"m{model}";

    public StudyResults Results(Random random)
    {
        var rows = new List<ScoreRow>(prompts * criteria * world.Models.Count * world.Raters.Count);
        foreach (var criterion in _criteria)
        {
            for (var item = 0; item < prompts; item++) AddRows(rows, criterion.Key, item, random);
        }

        var study = new Study { Id = 1, Name = "simulated", Overlap = world.Raters.Count, Primary = Primary };
        return StudyResults.From(new StudyContents(study, _criteria, _items), rows);
    }

    private static StudyItem Item(int item, int models)
    {
        var entity = new StudyItem { Id = item + 1, Prompt = $"{item}" };
        entity.Responses.AddRange(Enumerable.Range(0, models).Select(model => new StudyResponse
        {
            Id = (item * models) + model + 1,
            Position = model,
            ModelName = Model(model),
            Text = $"{item} {model}",
            Fingerprint = Model(model),
        }));
        return entity;
    }

    private void AddRows(List<ScoreRow> rows, string criterion, int item, Random random)
    {
        var scores = world.Draw(random);
        for (var model = 0; model < world.Models.Count; model++)
        {
            for (var rater = 0; rater < world.Raters.Count; rater++)
            {
                int? value = CannotJudge(model, rater, random) ? null : scores[model, rater];
                rows.Add(new ScoreRow(
                    1, item + 1, "", (item * world.Models.Count) + model + 1, Model(model), Model(model), "", $"r{rater}", $"r{rater}", criterion,
                    value, value is null, null, null));
            }
        }
    }
}
