using R1Lab.Engine.Training.Signs;

namespace R1Lab.Engine.Training;

/// <summary>What the numbers of a run say to somebody who knows the signs.</summary>
/// <param name="Problem">The sign with the numbers it was seen in; its code is the key for translation.</param>
/// <param name="Fixed">The recipe of a new run that avoids it; null where no setting does.</param>
public sealed record Finding(Problem Problem, TrainingRecipe? Fixed);

/// <summary>Looks for the known ways a fine-tuning run goes wrong, in its curves and in its recipe.</summary>
public static class Diagnosis
{
    /// <summary>The codes of what curves can show; those of recipes are the same as before the start.</summary>
    public static IReadOnlyList<string> Codes { get; } =
        ["loss_not_finite", "loss_diverging", "overfitting", "slow_convergence", "gradients_cut", "gradients_exploding", "gradients_vanishing"];

    /// <param name="logged">The logged steps. Steps logged again after a resume may be there twice: the later one counts.</param>
    /// <param name="recipe">The run's recipe.</param>
    /// <param name="totalSteps">Optimizer steps of the whole run; 0 when not known yet: then only the curves are looked at.</param>
    /// <param name="parameters">The model's parameter count, where known: small models bear far higher rates.</param>
    /// <param name="divergedAt">The step whose loss or gradient was not finite, when the run ended there.</param>
    /// <returns>The findings, most urgent first; empty for a healthy run and while there are too few points to tell.</returns>
    public static IReadOnlyList<Finding> Of(IReadOnlyList<StepMetrics> logged, TrainingRecipe recipe, int totalSteps, long? parameters = null, int? divergedAt = null)
    {
        var curves = new RunCurves(logged, totalSteps);
        var rates = RateRange.Of(recipe.Method, parameters);
        var broken = LossSigns.NotFinite(curves, recipe, rates, divergedAt) ?? LossSigns.Diverging(curves, recipe, rates);
        Finding?[] all =
        [
            broken,
            GradientSigns.Exploding(curves, recipe, rates),
            broken is null ? LossSigns.Overfitting(curves, recipe) : null,
            .. RecipeSigns.Of(recipe, rates, totalSteps),
            GradientSigns.Vanishing(curves, recipe),
            broken is null ? LossSigns.Slow(curves, recipe, rates) : null,
        ];
        return [.. all.OfType<Finding>()];
    }
}
