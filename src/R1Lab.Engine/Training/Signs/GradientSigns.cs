using System.Globalization;

namespace R1Lab.Engine.Training.Signs;

/// <summary>What the gradients' norms say, by medians: a single wild step is no sign.</summary>
internal static class GradientSigns
{
    private const int EnoughPoints = 20;

    private const int FewestRecent = 10;

    private const int MostRecent = 50;

    /// <summary>The recent norms are far above the norm they are cut to, or have grown to many times what they were.</summary>
    public static Finding? Exploding(RunCurves curves, TrainingRecipe recipe, RateRange rates)
    {
        if (curves.Norms.Count < EnoughPoints) return null;
        var problem = Cut(curves, recipe.MaxGradNorm) ?? Grown(curves);
        return problem is null ? null : new Finding(problem, recipe.WithLowerRate(rates).WithSomeWarmup().WithClipping());
    }

    /// <summary>The recent norms are next to nothing although the loss is not.</summary>
    public static Finding? Vanishing(RunCurves curves, TrainingRecipe recipe)
    {
        if (curves.Norms.Count < EnoughPoints || curves.Losses.Count < EnoughPoints) return null;
        var (before, now) = BeforeAndNow(curves);
        var (first, last) = (CurveStatistics.Median(curves.Losses.Take(EnoughPoints / 2).Select(loss => loss.Value)), CurveStatistics.Median(curves.Losses.TakeLast(EnoughPoints / 2).Select(loss => loss.Value)));
        var nothing = now < 1e-5 && last > 0.1;
        var shrunk = now < 1e-3 * before && last > 0.5 * first && last > 0.1;
        if (!nothing && !shrunk) return null;
        var (norm, loss) = (Show(now), last.ToString("0.000", CultureInfo.InvariantCulture));
        return new Finding(
            new Problem("gradients_vanishing", "dtype", ProblemSeverity.Warning, $"The gradients are next to nothing (norm {norm}) although the loss is still {loss}: nothing more is learned.", norm, loss),
            Awake(recipe));
    }

    private static Problem? Cut(RunCurves curves, double most)
    {
        // High norms at the start are usual, and fall: a window that reaches back to there would call a healthy run ill.
        var norms = curves.Norms.Where(norm => norm.Step * 3L >= curves.TotalSteps).Select(norm => norm.Value).ToList();
        if (most <= 0 || norms.Count < FewestRecent) return null;
        var spread = Spread(curves);
        // Few points show a change soon; many show without doubt what has been so for long.
        int[] windows = [Recent(curves), MostRecent];
        var found = windows.Select(norms.TakeLast).FirstOrDefault(window => AreFarAbove([.. window], most, spread));
        if (found is null) return null;
        var (norm, limit) = (Show(CurveStatistics.Median(found)), Show(most));
        return new Problem("gradients_cut", "max_grad_norm", ProblemSeverity.Warning, $"Most gradients are far above the maximum norm and are cut (middle one {norm}, cut to {limit}).", norm, limit);
    }

    // Both the middle norm that is seen and, noise allowed for, the least it may really be must be high: ten points easily go astray together.
    private static bool AreFarAbove(List<double> norms, double most, double spread)
    {
        var middle = CurveStatistics.Median(norms);
        return middle > 5 * most && middle * Math.Exp(-2.5 * CurveStatistics.MedianError(spread, norms.Count)) > 4 * most;
    }

    private static Problem? Grown(RunCurves curves)
    {
        var (before, now) = BeforeAndNow(curves);
        if (now <= 10 * before || now <= 1) return null;
        return new Problem("gradients_exploding", "learning_rate", ProblemSeverity.Warning, $"The gradients have grown from a norm of {Show(before)} to {Show(now)}.", Show(before), Show(now));
    }

    /// <summary>The noise of the norms' logarithm: norms scatter by factors.</summary>
    private static double Spread(RunCurves curves) => CurveStatistics.Noise([.. curves.Norms.Select(norm => Math.Log(Math.Max(norm.Value, double.Epsilon)))]);

    // Float16 rounds small gradients to nothing; layers that are frozen take no part.
    private static TrainingRecipe? Awake(TrainingRecipe recipe)
    {
        if (recipe.Dtype == TrainingDtype.Float16) return recipe with { Dtype = TrainingDtype.Auto };
        return recipe is { Method: TrainingMethod.Full, FreezeLayers: > 0 } ? recipe with { FreezeLayers = recipe.FreezeLayers / 2 } : null;
    }

    private static (double Before, double Now) BeforeAndNow(RunCurves curves)
    {
        var norms = curves.Norms.Select(norm => norm.Value).ToList();
        var recent = Recent(curves);
        return (CurveStatistics.Median(norms.SkipLast(recent)), CurveStatistics.Median(norms.TakeLast(recent)));
    }

    private static int Recent(RunCurves curves) => Math.Clamp(curves.Norms.Count / 5, FewestRecent, MostRecent);

    private static string Show(double norm) => norm is 0 or >= 0.01 and < 10_000 ? norm.ToString("0.###", CultureInfo.InvariantCulture) : norm.ToString("0.0e0", CultureInfo.InvariantCulture);
}
