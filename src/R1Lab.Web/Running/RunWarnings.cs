using R1Lab.Data.Runs;
using R1Lab.Web.Components.Charts;

namespace R1Lab.Web.Running;

/// <summary>What the numbers of a run say to somebody who knows the signs; keys of texts, most urgent first.</summary>
public static class RunWarnings
{
    private const int EnoughPoints = 20;

    /// <param name="metrics">Logged steps in order.</param>
    /// <param name="maxGradNorm">The recipe's clipping norm; 0 when gradients are not clipped.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<RunMetric> metrics, double maxGradNorm)
    {
        var losses = metrics.Where(metric => metric.Loss is not null).Select(metric => metric.Loss!.Value).ToList();
        var warnings = new List<string>();
        if (IsDiverging(losses)) warnings.Add("diverging");
        if (IsRising(metrics)) warnings.Add("rising");
        if (IsClipped(metrics, maxGradNorm)) warnings.Add("gradient");
        if (IsFlat(losses, metrics)) warnings.Add("flat");
        return warnings;
    }

    /// <summary>The smoothed loss stands half as high again above its lowest point.</summary>
    private static bool IsDiverging(List<double> losses)
    {
        if (losses.Count < EnoughPoints) return false;

        var smooth = DebiasedAverage.Of(losses, 0.9);
        return smooth[^1] > 1.5 * smooth.Min() && smooth[^1] - smooth.Min() > 0.1;
    }

    /// <summary>The last two evaluations are both above the best one by more than 2 %, and still going up.</summary>
    private static bool IsRising(IReadOnlyList<RunMetric> metrics)
    {
        var evaluations = metrics.Where(metric => metric.EvalLoss is not null).Select(metric => metric.EvalLoss!.Value).ToList();
        if (evaluations.Count < 3) return false;

        var limit = 1.02 * evaluations.Min();
        return evaluations[^1] > limit && evaluations[^2] > limit && evaluations[^1] >= evaluations[^2];
    }

    /// <summary>The middle one of the last fifty gradients is more than five times the norm it is cut to.</summary>
    private static bool IsClipped(IReadOnlyList<RunMetric> metrics, double maxGradNorm)
    {
        var norms = metrics.TakeLast(50).Where(metric => metric.GradNorm is not null).Select(metric => metric.GradNorm!.Value).Order().ToList();
        return maxGradNorm > 0 && norms.Count >= EnoughPoints && norms[norms.Count / 2] > 5 * maxGradNorm;
    }

    /// <summary>After a third of the run the loss is where it began, within half a percent.</summary>
    private static bool IsFlat(List<double> losses, IReadOnlyList<RunMetric> metrics)
    {
        if (losses.Count < 2 * EnoughPoints || metrics[^1].Step * 3 < metrics[^1].TotalSteps) return false;

        var first = losses.Take(EnoughPoints).Average();
        return Math.Abs(losses.TakeLast(EnoughPoints).Average() - first) < 0.005 * first;
    }
}
