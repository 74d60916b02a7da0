using System.Globalization;

namespace R1Lab.Engine.Training.Signs;

/// <summary>The changes to a recipe that mend what was found.</summary>
internal static class RecipeFixes
{
    /// <summary>Warm-up that is usual: a twentieth of the run.</summary>
    private const double UsualWarmup = 0.05;

    /// <summary>Another learning rate, to two digits; the rates a schedule ends at keep their proportion to it.</summary>
    public static TrainingRecipe WithRate(this TrainingRecipe recipe, double rate)
    {
        rate = TwoDigits(rate);
        if (!double.IsFinite(recipe.LearningRate) || recipe.LearningRate <= 0) return recipe with { LearningRate = rate };
        var share = rate / recipe.LearningRate;
        var schedule = recipe.LrSchedulerKwargs;
        return recipe with
        {
            LearningRate = rate,
            LrSchedulerKwargs = schedule with
            {
                MinLr = schedule.MinLr is { } least ? TwoDigits(least * share) : null,
                LrEnd = recipe.LrSchedulerType == SchedulerType.Polynomial && schedule.LrEnd >= rate ? TwoDigits(schedule.LrEnd * share) : schedule.LrEnd,
            },
        };
    }

    /// <summary>A rate a third as high, or the typical one where even that is above what fits.</summary>
    public static TrainingRecipe WithLowerRate(this TrainingRecipe recipe, RateRange rates) =>
        recipe.WithRate(recipe.LearningRate / 3 <= rates.High ? recipe.LearningRate / 3 : rates.Typical);

    /// <summary>A warm-up where there is none.</summary>
    public static TrainingRecipe WithSomeWarmup(this TrainingRecipe recipe) =>
        recipe.WarmupSteps > 0 || recipe.WarmupRatio > 0 ? recipe : recipe.WithUsualWarmup() with
        {
            LrSchedulerType = recipe.LrSchedulerType == SchedulerType.Constant ? SchedulerType.ConstantWithWarmup : recipe.LrSchedulerType,
        };

    public static TrainingRecipe WithUsualWarmup(this TrainingRecipe recipe) => recipe with { WarmupSteps = 0, WarmupRatio = UsualWarmup };

    /// <summary>Clipping to norm 1 where there is none, or a weaker one.</summary>
    public static TrainingRecipe WithClipping(this TrainingRecipe recipe) =>
        recipe.MaxGradNorm is > 0 and <= 1 ? recipe : recipe with { MaxGradNorm = 1 };

    private static double TwoDigits(double value) => double.Parse(value.ToString("0.0e0", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
