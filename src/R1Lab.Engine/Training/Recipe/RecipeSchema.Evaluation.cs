using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>When a run is evaluated, and what comes of it.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Evaluation => In(RecipeGroup.Evaluation,
        Field.OptionalNumber("evals_per_epoch", recipe => recipe.EvalsPerEpoch, (recipe, value) => recipe with { EvalsPerEpoch = value })
            .Positive().AtMost(10_000).When(Evaluates),
        Field.OptionalNumber("eval_steps", recipe => recipe.EvalSteps, (recipe, value) => recipe with { EvalSteps = value })
            .InSteps().When(recipe => Evaluates(recipe) && recipe.EvalsPerEpoch is null),
        Field.OptionalWhole("early_stopping_patience", recipe => recipe.EarlyStoppingPatience,
            (recipe, value) => recipe with { EarlyStoppingPatience = value })
            .AtLeast(1).Named(new() { LlamaFactory = "early_stopping_steps", Axolotl = "early_stopping_patience" }).When(Evaluates),
        Field.Choice("metric_for_best_model", recipe => recipe.MetricForBestModel,
            (recipe, value) => recipe with { MetricForBestModel = value })
            .When(recipe => Evaluates(recipe) && (recipe.LoadBestModelAtEnd || recipe.EarlyStoppingPatience is not null)),
        Field.Flag("load_best_model_at_end", recipe => recipe.LoadBestModelAtEnd,
            (recipe, value) => recipe with { LoadBestModelAtEnd = value })
            .Named(new() { Transformers = "load_best_model_at_end", Axolotl = "load_best_model_at_end" }).When(Evaluates));

    private static bool Evaluates(TrainingRecipe recipe) => recipe.ValSize > 0;
}
