namespace R1Lab.Engine.Training;

/// <summary>After which steps the run looks at itself: evaluates and answers probe prompts.</summary>
/// <param name="recipe"><see cref="TrainingRecipe.EvalsPerEpoch"/>, else <see cref="TrainingRecipe.EvalSteps"/>, else the end of every pass; always the last step.</param>
internal sealed class EvaluationSchedule(TrainingRecipe recipe, int totalSteps)
{
    /// <param name="step">Steps done.</param>
    /// <param name="before">Passes done before that step.</param>
    /// <param name="after">Passes done with it.</param>
    public bool IsDue(int step, double before, double after)
    {
        if (step == totalSteps) return true;
        if (recipe.EvalsPerEpoch is { } times) return Parts(after, times) > Parts(before, times);
        return recipe.EvalSteps is { } every ? step % every == 0 : Math.Floor(after) > Math.Floor(before);
    }

    /// <summary>How often it is due in the whole run: once more than before the last step. Counted without going through the steps, of which a recipe may name millions.</summary>
    /// <param name="perStep">Passes in one step.</param>
    /// <param name="beforeLast">Passes done before the last step.</param>
    public int Count(double perStep, double beforeLast)
    {
        if (recipe.EvalsPerEpoch is null && recipe.EvalSteps is { } every) return ((totalSteps - 1) / every) + 1;
        // A step that reaches over one part or several is due once.
        if (perStep * (recipe.EvalsPerEpoch ?? 1) >= 1) return totalSteps;
        return (int)(recipe.EvalsPerEpoch is { } times ? Parts(beforeLast, times) : Math.Floor(beforeLast)) + 1;
    }

    // A third of a pass, three times, is a whole one.
    private static double Parts(double passes, double times) => Math.Floor(passes * times + 1e-9);
}
