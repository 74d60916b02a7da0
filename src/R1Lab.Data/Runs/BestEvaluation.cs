namespace R1Lab.Data.Runs;

/// <summary>What makes an evaluation the best: least loss, or most tokens predicted right. The first of equals wins.</summary>
public enum BestBy
{
    EvalLoss,
    EvalTokenAccuracy,
}

/// <summary>What an evaluation after a step found.</summary>
public readonly record struct RunEvaluation(int Step, double Loss, double? Accuracy);

/// <summary>Which evaluation of a run is the best.</summary>
public static class BestEvaluation
{
    /// <summary>The key of an evaluation's loss: a step that has it was evaluated.</summary>
    public const string LossKey = "eval_loss";

    /// <summary>The key of the share of tokens predicted right.</summary>
    public const string AccuracyKey = "eval_token_accuracy";

    /// <param name="evaluations">In order of steps.</param>
    /// <returns>Its step; null where nothing was evaluated.</returns>
    public static int? Of(IReadOnlyList<RunEvaluation> evaluations, BestBy by)
    {
        if (evaluations.Count == 0) return null;
        return by == BestBy.EvalLoss
            ? evaluations.MinBy(evaluation => evaluation.Loss).Step
            : evaluations.MaxBy(evaluation => evaluation.Accuracy ?? double.NegativeInfinity).Step;
    }
}
