using System.Globalization;

namespace R1Lab.Engine.Training.Signs;

/// <summary>What the loss curves say.</summary>
internal static class LossSigns
{
    /// <summary>Logged losses below which nothing is said about their course.</summary>
    private const int EnoughPoints = 12;

    /// <summary>A loss this low has little left to learn: staying there is no slowness.</summary>
    private const double Learned = 0.2;

    public static Finding? NotFinite(RunCurves curves, TrainingRecipe recipe, RateRange rates, int? divergedAt)
    {
        if ((divergedAt ?? curves.NotFiniteStep) is not { } step) return null;
        return new Finding(
            new Problem("loss_not_finite", "learning_rate", ProblemSeverity.Error, $"Loss or gradient of step {step} is not a number; the run cannot come back from there. A lower learning rate helps.", step),
            recipe.WithLowerRate(rates).WithSomeWarmup().WithClipping());
    }

    /// <summary>The smoothed loss stands half as high again above its lowest point, by more than noise explains.</summary>
    public static Finding? Diverging(RunCurves curves, TrainingRecipe recipe, RateRange rates)
    {
        if (curves.Losses.Count < EnoughPoints) return null;
        var values = Values(curves.Losses);
        var smooth = Smooth(values, out var noise);
        // The first averages are of few points and as wild as those.
        var low = Enumerable.Range(4, smooth.Count - 4).MinBy(i => smooth[i]);
        var rise = smooth[^1] - smooth[low];
        if (rise <= Math.Max(0.1, Math.Max(0.5 * smooth[low], 5 * noise))) return null;
        var (from, at, to) = (Show(smooth[low]), curves.Losses[low].Step, Show(smooth[^1]));
        return new Finding(
            new Problem("loss_diverging", "learning_rate", ProblemSeverity.Error, $"The training loss went up from {from} at step {at} to {to}: the learning rate is too high.", from, at, to),
            recipe.WithLowerRate(rates).WithSomeWarmup().WithClipping());
    }

    /// <summary>The last two evaluations are above the best one, and going up, while the training loss is not.</summary>
    public static Finding? Overfitting(RunCurves curves, TrainingRecipe recipe)
    {
        if (curves.Evaluations.Count < 3) return null;
        var evaluations = Values(curves.Evaluations);
        var best = curves.Evaluations.MinBy(evaluation => evaluation.Value);
        var limit = best.Value + Math.Max((evaluations.Count < 6 ? 0.03 : 0.02) * Math.Abs(best.Value), 3 * CurveStatistics.Noise(evaluations));
        var last = evaluations[^1];
        if (last <= limit || evaluations[^2] <= limit || last < evaluations[^2] || TrainingRises(curves, best.Step)) return null;
        var (least, now) = (Show(best.Value), Show(last));
        return new Finding(
            new Problem("overfitting", "num_train_epochs", ProblemSeverity.Warning,
                $"The validation loss was best at step {best.Step} ({least}) and has risen to {now} while the training loss did not: the rows are learned by heart.", best.Step, least, now),
            EndingAt(recipe, best.Step, curves.TotalSteps));
    }

    /// <summary>After a third of the run, and well after the warm-up, the loss is about where it began.</summary>
    public static Finding? Slow(RunCurves curves, TrainingRecipe recipe, RateRange rates)
    {
        var warmup = recipe.LrSchedulerType == SchedulerType.Constant ? 0 : recipe.WarmupOf(curves.TotalSteps);
        if (curves.Losses.Count < 2 * EnoughPoints || curves.Step * 3 < curves.TotalSteps || curves.Losses.Count(loss => loss.Step > warmup) < EnoughPoints) return null;
        var values = Values(curves.Losses);
        var part = values.Count / 4;
        var (first, last) = (values.Take(part).Average(), values.TakeLast(part).Average());
        // Both the fall that is seen and, noise allowed for, the largest it may really be must be small.
        var error = CurveStatistics.Noise(values) * Math.Sqrt(2.0 / part);
        if (first < Learned || first - last > 0.02 * first || first - last + 3 * error > 0.06 * first) return null;
        var (from, to) = (Show(first), Show(last));
        return new Finding(
            new Problem("slow_convergence", "learning_rate", ProblemSeverity.Warning, $"After {curves.Step} of {curves.TotalSteps} steps the training loss has hardly moved ({from}, now {to}).", curves.Step, curves.TotalSteps, from, to),
            Faster(recipe, rates));
    }

    private static TrainingRecipe EndingAt(TrainingRecipe recipe, int step, int totalSteps)
    {
        var stopping = recipe with { LoadBestModelAtEnd = true, EarlyStoppingPatience = Math.Min(recipe.EarlyStoppingPatience ?? 2, 2) };
        if (recipe.MaxSteps is > 0) return stopping with { MaxSteps = Math.Min(recipe.MaxSteps.Value, step) };
        if (totalSteps <= 0) return stopping;
        // To the half epoch above: passes are how people count.
        var epochs = Math.Ceiling(2 * recipe.NumTrainEpochs * step / totalSteps) / 2;
        return stopping with { NumTrainEpochs = Math.Min(recipe.NumTrainEpochs, epochs) };
    }

    private static TrainingRecipe Faster(TrainingRecipe recipe, RateRange rates)
    {
        if (recipe.LearningRate < rates.Typical) return recipe.WithRate(rates.Typical);
        if (recipe.LearningRate < rates.High) return recipe.WithRate(Math.Min(3 * recipe.LearningRate, rates.High));
        return recipe.MaxSteps is > 0 and < int.MaxValue / 2 ? recipe with { MaxSteps = 2 * recipe.MaxSteps } : recipe with { NumTrainEpochs = 2 * recipe.NumTrainEpochs };
    }

    private static bool TrainingRises(RunCurves curves, int since)
    {
        if (curves.Losses.Count < EnoughPoints) return false;
        var smooth = Smooth(Values(curves.Losses), out var noise);
        var then = curves.Losses.TakeWhile(loss => loss.Step <= since).Count() - 1;
        return then >= 0 && smooth[^1] > smooth[then] + 3 * noise + 0.02 * Math.Abs(smooth[then]);
    }

    /// <summary>The debiased average and what noise is left in it: <c>σ √((1−w)/(1+w))</c>.</summary>
    private static IReadOnlyList<double> Smooth(List<double> values, out double noise)
    {
        var weight = values.Count < 40 ? 0.8 : 0.9;
        noise = CurveStatistics.Noise(values) * Math.Sqrt((1 - weight) / (1 + weight));
        return DebiasedAverage.Of(values, weight);
    }

    private static List<double> Values(IReadOnlyList<(int Step, double Value)> series) => [.. series.Select(point => point.Value)];

    private static string Show(double loss) => loss.ToString("0.000", CultureInfo.InvariantCulture);
}
