using R1Lab.Data.Studies;
using R1Lab.Web.Errors;
using R1Lab.Web.Serving;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Api;

/// <summary>
/// The body of <c>POST /api/v1/studies</c>. Prompts are given as <c>prompts</c> or taken from a dataset; or <c>items</c> brings prompts with
/// answers that were written elsewhere.
/// </summary>
public sealed record StudyRequest
{
    public string? Name { get; init; }

    public IReadOnlyList<string>? Models { get; init; }

    public IReadOnlyList<string>? Prompts { get; init; }

    public int? DatasetId { get; init; }

    /// <summary>How many prompts to take from the dataset.</summary>
    public int? Count { get; init; }

    /// <summary>Take them at random by <c>seed</c> instead of from the start.</summary>
    public bool Random { get; init; }

    public int? Seed { get; init; }

    public IReadOnlyList<GivenItem>? Items { get; init; }

    /// <summary>Keys such as <c>relevance</c>; all five when left out.</summary>
    public IReadOnlyList<string>? Criteria { get; init; }

    public int? Overlap { get; init; }

    /// <summary>The comparison the study is made for; it is fixed from the first rating on.</summary>
    public PrimaryRequest? Primary { get; init; }

    public string? Language { get; init; }

    public string? Guidelines { get; init; }

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public int? TopK { get; init; }

    public double? RepetitionPenalty { get; init; }

    public int? MaxNewTokens { get; init; }

    /// <summary>Null when prompts come from exactly one place.</summary>
    public IResult? SourceProblem()
    {
        var sources = new[] { Prompts is not null, DatasetId is not null, Items is not null }.Count(given => given);
        if (sources > 1) return ApiError.Unprocessable("Give prompts, dataset_id or items, not several of them.", "prompts");
        if (DatasetId is not null && Count is < 1 or > StudyPlan.MostPrompts) return ApiError.Unprocessable($"count must be 1 to {StudyPlan.MostPrompts}.", "count");
        if (Items is null) return null;
        for (var index = 0; index < Items.Count; index++)
        {
            var names = Items[index].Responses?.Select(response => response.Model).ToList() ?? [];
            if (names.Count == 0 || names.Any(string.IsNullOrWhiteSpace))
                return ApiError.Unprocessable("Every item needs responses with a model and a text.", $"items[{index}].responses");
            if (names.Distinct().Count() != names.Count) return ApiError.Unprocessable("A model answers an item twice.", $"items[{index}].responses");
        }

        return null;
    }

    public StudyPlan Plan(IReadOnlyList<string> prompts)
    {
        var plain = new StudyPlan();
        return plain with
        {
            Name = Name ?? "",
            Models = Items is null ? Models ?? [] : [.. Items.SelectMany(item => item.Responses!).Select(response => response.Model!).Distinct()],
            Prompts = Items is null ? prompts : [.. Items.Select(item => item.Prompt ?? "")],
            Criteria = Criteria ?? plain.Criteria,
            Overlap = Overlap ?? plain.Overlap,
            Primary = Primary?.Entity(),
            Language = Language,
            Guidelines = Guidelines ?? "",
            Sampling = new ReplySettings
            {
                Temperature = Temperature ?? plain.Sampling.Temperature,
                TopP = TopP ?? plain.Sampling.TopP,
                TopK = TopK ?? plain.Sampling.TopK,
                RepetitionPenalty = RepetitionPenalty ?? plain.Sampling.RepetitionPenalty,
                MaxNewTokens = MaxNewTokens ?? plain.Sampling.MaxNewTokens,
                Seed = Seed,
            },
        };
    }

    public NewStudy Given(StudyPlan plan, TrainedPrompts trained) => new(plan.Name.Trim())
    {
        Criteria = [.. StandardCriteria.All().Where(criterion => plan.Criteria.Contains(criterion.Key))],
        Items = [.. Items!.Select(item => trained.Mark(new NewStudyItem(item.Prompt!, [.. item.Responses!.Select(response => response.Entity())])))],
        Language = plan.Language,
        GuidelinesMarkdown = plan.Guidelines,
        Overlap = plan.Overlap,
        Primary = plan.Primary,
        Seed = Seed,
    };
}

/// <summary>Whether <c>second</c> is scored higher than <c>first</c> on one criterion; all three left out for none.</summary>
public sealed record PrimaryRequest(string? Criterion, string? First, string? Second)
{
    public PrimaryComparison? Entity() =>
        Criterion is null && First is null && Second is null ? null : new PrimaryComparison(Criterion ?? "", First ?? "", Second ?? "");
}

/// <summary>A prompt with answers written elsewhere.</summary>
public sealed record GivenItem(string? Prompt, IReadOnlyList<GivenResponse>? Responses);

/// <summary>An answer written elsewhere; <c>fingerprint</c> may say by which weights.</summary>
public sealed record GivenResponse(string? Model, string? Text, string? Reasoning, string? Fingerprint)
{
    public NewStudyResponse Entity() => new(Model!, Text ?? "", Fingerprint ?? "") { Reasoning = Reasoning };
}
