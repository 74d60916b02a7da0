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

    // A third of a pass, three times, is a whole one.
    private static double Parts(double passes, double times) => Math.Floor(passes * times + 1e-9);
}
