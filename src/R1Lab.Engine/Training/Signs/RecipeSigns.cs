namespace R1Lab.Engine.Training.Signs;

/// <summary>What the recipe alone tells once the length of the run is known; the same problems a form shows before the start, with a way out.</summary>
internal static class RecipeSigns
{
    public static IEnumerable<Finding> Of(TrainingRecipe recipe, RateRange rates, int totalSteps)
    {
        IEnumerable<Problem> problems = [.. recipe.RateProblems(rates), .. totalSteps > 0 ? recipe.StepProblems(totalSteps) : []];
        return problems.Select(problem => new Finding(problem, Fixed(recipe, problem.Code, rates, totalSteps)));
    }

    private static TrainingRecipe? Fixed(TrainingRecipe recipe, string code, RateRange rates, int totalSteps) => code switch
    {
        "lr_low" or "lr_high" => recipe.WithRate(rates.Typical),
        "warmup_longer_than_run" or "warmup_long" => recipe.WithUsualWarmup(),
        "save_never_fires" => recipe with { SaveSteps = null },
        "eval_never_fires" => recipe with { EvalSteps = null },
        "logging_never_fires" => recipe with { LoggingSteps = Math.Max(1, totalSteps / 20) },
        _ => null,
    };
}
