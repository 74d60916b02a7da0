using R1Lab.Data.Studies;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Tests.Running;

/// <summary>Each limit of a study from both sides.</summary>
public sealed class StudyPlanTests
{
    private static readonly StudyPlan Whole = new() { Name = "study", Models = ["a", "b"], Prompts = ["1+1?"] };
    private static readonly string[] Registered = ["a", "b", "c", "d", "e", "f", "g"];

    public static TheoryData<StudyPlan, string?> Plans => new()
    {
        { Whole, null },
        { Whole with { Name = " " }, "name_missing" },
        { Whole with { Models = ["a"] }, "models_count" },
        { Whole with { Models = [.. Registered.Take(StudyPlan.MostModels)] }, null },
        { Whole with { Models = Registered }, "models_count" },
        { Whole with { Models = ["a", "b", "a"] }, "models_twice" },
        { Whole with { Models = ["a", "A"] }, "model_unknown" },
        { Whole with { Prompts = [] }, "prompts_missing" },
        { Whole with { Prompts = Many(StudyPlan.MostPrompts) }, null },
        { Whole with { Prompts = Many(StudyPlan.MostPrompts + 1) }, "prompts_many" },
        { Whole with { Prompts = ["x", "\n"] }, "prompt_empty" },
        { Whole with { Criteria = [] }, "criteria_missing" },
        { Whole with { Criteria = ["charm"] }, "criterion_unknown" },
        { Whole with { Overlap = 0 }, "overlap_range" },
        { Whole with { Overlap = 1 }, null },
        { Whole with { Overlap = StudyPlan.MostOverlap }, null },
        { Whole with { Overlap = StudyPlan.MostOverlap + 1 }, "overlap_range" },
        { Whole with { Language = "en" }, null },
        { Whole with { Language = "fr" }, "language_unknown" },
        { Whole with { Primary = new PrimaryComparison("safety", "a", "b") }, null },
        { Whole with { Primary = new PrimaryComparison("charm", "a", "b") }, "primary_criterion" },
        { Whole with { Primary = new PrimaryComparison("safety", "a", "a") }, "primary_models" },
        { Whole with { Primary = new PrimaryComparison("safety", "a", "c") }, "primary_models" },
        { Whole with { Sampling = StudyPlan.Greedy() with { MaxNewTokens = 0 } }, "tokens_few" },
        { Whole with { Sampling = StudyPlan.Greedy() with { Temperature = 2 } }, null },
        { Whole with { Sampling = StudyPlan.Greedy() with { Temperature = 2.01 } }, "temperature_range" },
        { Whole with { Sampling = StudyPlan.Greedy() with { TopP = 0 } }, "top_p_range" },
        { Whole with { Sampling = StudyPlan.Greedy() with { TopK = -1 } }, "top_k_range" },
        { Whole with { Sampling = StudyPlan.Greedy() with { RepetitionPenalty = 0 } }, "repetition_range" },
    };

    [Theory, MemberData(nameof(Plans))]
    public void Problems_OnEitherSideOfALimit_NameItOnlyBeyond(StudyPlan plan, string? problem) =>
        Assert.Equal(problem is null ? [] : [problem], plan.Problems(Registered).Select(one => one.Code));

    private static string[] Many(int count) => [.. Enumerable.Range(0, count).Select(number => $"prompt {number}")];
}
