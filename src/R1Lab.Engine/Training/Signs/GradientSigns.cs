using System.Globalization;

namespace R1Lab.Engine.Training.Signs;

/// <summary>What the gradients' norms say, by medians: a single wild step is no sign.</summary>
internal static class GradientSigns
{
    private const int EnoughPoints = 20;

    /// <summary>The recent norms are far above the norm they are cut to, or have grown to many times what they were.</summary>
    public static Finding? Exploding(RunCurves curves, TrainingRecipe recipe, RateRange rates)
    {
        if (curves.Norms.Count < EnoughPoints) return null;
        var (before, now) = BeforeAndNow(curves);
        // High norms at the start are usual, and fall.
        var cut = recipe.MaxGradNorm > 0 && now > 5 * recipe.MaxGradNorm && curves.Step * 3 >= curves.TotalSteps;
        var grown = now > 10 * before && now > 1;
        if (!cut && !grown) return null;
        var (norm, most) = (Show(now), Show(recipe.MaxGradNorm));
        var problem = cut
            ? new Problem("gradients_cut", "max_grad_norm", ProblemSeverity.Warning, $"Most gradients are far above the maximum norm and are cut (middle one {norm}, cut to {most}).", norm, most)
            : new Problem("gradients_exploding", "learning_rate", ProblemSeverity.Warning, $"The gradients have grown from a norm of {Show(before)} to {norm}.", Show(before), norm);
        return new Finding(problem, recipe.WithLowerRate(rates).WithSomeWarmup().WithClipping());
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

    // Float16 rounds small gradients to nothing; layers that are frozen take no part.
    private static TrainingRecipe? Awake(TrainingRecipe recipe)
    {
        if (recipe.Dtype == TrainingDtype.Float16) return recipe with { Dtype = TrainingDtype.Auto };
        return recipe is { Method: TrainingMethod.Full, FreezeLayers: > 0 } ? recipe with { FreezeLayers = recipe.FreezeLayers / 2 } : null;
    }

    private static (double Before, double Now) BeforeAndNow(RunCurves curves)
    {
        var norms = curves.Norms.Select(norm => norm.Value).ToList();
        var recent = Math.Clamp(norms.Count / 5, 10, 50);
        return (CurveStatistics.Median(norms.SkipLast(recent)), CurveStatistics.Median(norms.TakeLast(recent)));
    }

    private static string Show(double norm) => norm is 0 or >= 0.01 and < 10_000 ? norm.ToString("0.###", CultureInfo.InvariantCulture) : norm.ToString("0.0e0", CultureInfo.InvariantCulture);
}
