namespace R1Lab.Engine.Training;

/// <summary>The best evaluation of a run so far, and for how long there was no better one. Counts as transformers' early stopping does.</summary>
/// <param name="BestStep">The step of the best evaluation; null before the first.</param>
/// <param name="BestValue">Its loss or accuracy.</param>
/// <param name="WithoutBetter">Evaluations since one was better than the best before it by more than the threshold.</param>
public sealed record EvaluationStanding(int? BestStep = null, double? BestValue = null, int WithoutBetter = 0)
{
    /// <summary>The standing after one more evaluation. A value that is no number is never better.</summary>
    public EvaluationStanding After(int step, double value, TrainingRecipe recipe)
    {
        if (double.IsNaN(value)) return this with { WithoutBetter = WithoutBetter + 1 };
        if (BestValue is not { } best) return new(step, value);
        var gain = recipe.MetricForBestModel == BestMetric.EvalLoss ? best - value : value - best;
        var waited = gain > recipe.EarlyStoppingThreshold ? 0 : WithoutBetter + 1;
        return gain > 0 ? new(step, value, waited) : this with { WithoutBetter = waited };
    }

    /// <summary>Whether the run should end.</summary>
    public bool IsExhausted(TrainingRecipe recipe) => recipe.EarlyStoppingPatience is { } patience && WithoutBetter >= patience;
}
