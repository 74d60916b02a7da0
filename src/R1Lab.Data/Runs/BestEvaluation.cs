namespace R1Lab.Data.Runs;

/// <summary>What makes an evaluation the best: least loss, or most tokens predicted right. The first of equals wins.</summary>
public enum BestBy
{
    EvalLoss,
    EvalTokenAccuracy,
}

/// <summary>Which evaluation of a run is the best.</summary>
public static class BestEvaluation
{
    /// <param name="metrics">Logged steps in order; those without an evaluation do not count.</param>
    /// <returns>Null where nothing was evaluated.</returns>
    public static RunMetric? Of(IEnumerable<RunMetric> metrics, BestBy by)
    {
        var evaluations = metrics.Where(metric => metric.EvalLoss is not null);
        return by == BestBy.EvalLoss
            ? evaluations.MinBy(metric => metric.EvalLoss)
            : evaluations.MaxBy(metric => metric.EvalTokenAccuracy ?? double.NegativeInfinity);
    }
}
