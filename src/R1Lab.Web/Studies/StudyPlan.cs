using R1Lab.Data.Studies;
using R1Lab.Engine;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Studies;

/// <summary>What a rating study is made from: which models answer which prompts, how they are asked and what raters are asked.</summary>
public sealed record StudyPlan
{
    public const int FewestModels = 2;
    public const int MostModels = 6;
    public const int MostPrompts = 500;
    public const int MostOverlap = 20;

    /// <summary>Raters see it, with model names taken out.</summary>
    public string Name { get; init; } = "";

    /// <summary>Registered names.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>Keys of <see cref="StandardCriteria"/>.</summary>
    public IReadOnlyList<string> Criteria { get; init; } = [.. StandardCriteria.All().Select(criterion => criterion.Key)];

    /// <summary>How many raters each prompt gets.</summary>
    public int Overlap { get; init; } = 3;

    /// <summary>The comparison the study is made for, or null to let all comparisons stand side by side.</summary>
    public PrimaryComparison? Primary { get; init; }

    /// <summary>zh-CN or en; null lets each rater's own decide.</summary>
    public string? Language { get; init; }

    public string Guidelines { get; init; } = "";

    /// <summary>Greedy unless said otherwise: the same study then has the same answers.</summary>
    public ReplySettings Sampling { get; init; } = Greedy();

    public static ReplySettings Greedy() => new() { Temperature = 0, TopP = 1 };

    /// <summary>Everything that keeps the study from being made.</summary>
    /// <param name="registered">The names that can be asked.</param>
    public IEnumerable<Problem> Problems(IReadOnlyCollection<string> registered)
    {
        if (string.IsNullOrWhiteSpace(Name)) yield return Wrong("name_missing", "name", "The study needs a name.");
        if (Models.Count is < FewestModels or > MostModels)
            yield return Wrong("models_count", "models", $"Choose {FewestModels} to {MostModels} models; {Models.Count} are chosen.", FewestModels, MostModels, Models.Count);
        if (Models.Distinct().Count() != Models.Count) yield return Wrong("models_twice", "models", "A model is chosen twice.");
        foreach (var model in Models.Where(model => !registered.Contains(model)))
            yield return Wrong("model_unknown", "models", $"The model '{model}' does not exist.", model);
        if (Prompts.Count == 0) yield return Wrong("prompts_missing", "prompts", "There are no prompts.");
        if (Prompts.Count > MostPrompts)
            yield return Wrong("prompts_many", "prompts", $"{Prompts.Count} prompts are more than the {MostPrompts} a study takes.", Prompts.Count, MostPrompts);
        if (Prompts.Any(string.IsNullOrWhiteSpace)) yield return Wrong("prompt_empty", "prompts", "A prompt is empty.");
        foreach (var problem in PrimaryProblems()) yield return problem;
        foreach (var problem in FormProblems()) yield return problem;
    }

    private IEnumerable<Problem> PrimaryProblems()
    {
        if (Primary is not { } primary) yield break;
        if (!Criteria.Contains(primary.Criterion))
            yield return Wrong("primary_criterion", "primary", $"The primary comparison needs one of the chosen criteria, not '{primary.Criterion}'.", primary.Criterion);
        if (primary.First == primary.Second || !Models.Contains(primary.First) || !Models.Contains(primary.Second))
            yield return Wrong("primary_models", "primary", "The primary comparison needs two different models of the study.");
    }

    private IEnumerable<Problem> FormProblems()
    {
        if (Criteria.Count == 0) yield return Wrong("criteria_missing", "criteria", "Choose at least one criterion.");
        foreach (var key in Criteria.Except(StandardCriteria.All().Select(criterion => criterion.Key)))
            yield return Wrong("criterion_unknown", "criteria", $"There is no criterion '{key}'.", key);
        if (Overlap is < 1 or > MostOverlap) yield return Wrong("overlap_range", "overlap", $"Raters per prompt must be 1 to {MostOverlap}.", MostOverlap);
        if (Language is not (null or "zh-CN" or "en")) yield return Wrong("language_unknown", "language", "The language must be zh-CN or en.");
        if (Sampling.MaxNewTokens < 1) yield return Wrong("tokens_few", "max_new_tokens", "max_new_tokens must be at least 1.");
        if (Sampling.Temperature is < 0 or > 2 or double.NaN) yield return Wrong("temperature_range", "temperature", "temperature must be 0 to 2.");
        if (Sampling.TopP is <= 0 or > 1 or double.NaN) yield return Wrong("top_p_range", "top_p", "top_p must be above 0 and at most 1.");
        if (Sampling.TopK < 0) yield return Wrong("top_k_range", "top_k", "top_k must not be negative.");
        if (Sampling.RepetitionPenalty is <= 0 or double.NaN) yield return Wrong("repetition_range", "repetition_penalty", "repetition_penalty must be above 0.");
    }

    private static Problem Wrong(string code, string field, string message, params object[] arguments) =>
        new(code, field, ProblemSeverity.Error, message, arguments);
}
