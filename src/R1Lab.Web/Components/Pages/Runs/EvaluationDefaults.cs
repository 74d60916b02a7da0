using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>With rows held out, a run keeps its best checkpoint and stops when it gets no better; without, neither can be.</summary>
public static class EvaluationDefaults
{
    private const int Patience = 3;
    private const double EvaluationsPerEpoch = 2;

    /// <summary>Another size of the validation split.</summary>
    public static TrainingRecipe Hold(TrainingRecipe recipe, double valSize)
    {
        var changed = recipe with { ValSize = valSize };
        if (recipe.ValSize > 0 == valSize > 0) return changed;
        return valSize > 0 ? Watched(changed) : changed with { EvalsPerEpoch = null, EvalSteps = null, EarlyStoppingPatience = null, LoadBestModelAtEnd = false };
    }

    /// <summary>The form's own settings for a recipe with a split; what is set already stays.</summary>
    public static TrainingRecipe Watched(TrainingRecipe recipe) => recipe.ValSize <= 0 ? recipe : recipe with
    {
        EvalsPerEpoch = recipe.EvalsPerEpoch ?? (recipe.EvalSteps is null ? EvaluationsPerEpoch : null),
        EarlyStoppingPatience = recipe.EarlyStoppingPatience ?? Patience,
        LoadBestModelAtEnd = true,
    };
}
