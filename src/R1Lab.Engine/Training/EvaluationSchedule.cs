namespace R1Lab.Engine.Training;

/// <summary>After which steps the run looks at itself: evaluates and answers probe prompts.</summary>
/// <param name="recipe"><see cref="TrainingRecipe.EvalsPerEpoch"/>, else <see cref="TrainingRecipe.EvalSteps"/>, else the end of every pass; always the last step.</param>
internal sealed class EvaluationSchedule(TrainingRecipe recipe, int totalSteps)
{
    private readonly int? _every = recipe.EvaluateEvery(totalSteps);

    /// <param name="step">Steps done.</param>
    /// <param name="before">Passes done before that step.</param>
    /// <param name="after">Passes done with it.</param>
    public bool IsDue(int step, double before, double after)
    {
        if (step == totalSteps) return true;
        if (recipe.EvalsPerEpoch is { } times) return Parts(after, times) > Parts(before, times);
        return _every is { } every ? step % every == 0 : Math.Floor(after) > Math.Floor(before);
    }

    /// <summary>How often it is due in the whole run.</summary>
    /// <param name="stepEnds">Where every step ends, in passes.</param>
    public int Count(IEnumerable<double> stepEnds)
    {
        if (_every is { } every) return ((totalSteps - 1) / every) + 1;
        var (count, step, before) = (0, 0, 0.0);
        foreach (var after in stepEnds.Take(totalSteps))
        {
            if (IsDue(++step, before, after)) count++;
            before = after;
        }

        return count;
    }

    // A third of a pass, three times, is a whole one.
    private static double Parts(double passes, double times) => Math.Floor(passes * times + 1e-9);
}
