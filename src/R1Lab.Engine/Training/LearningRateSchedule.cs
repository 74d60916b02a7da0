namespace R1Lab.Engine.Training;

/// <summary>The learning rate of every step: the formulas of transformers' <c>get_*_schedule</c> functions.</summary>
/// <param name="recipe">Rate, type and warm-up.</param>
/// <param name="totalSteps">Optimizer steps of the run.</param>
public sealed class LearningRateSchedule(TrainingRecipe recipe, int totalSteps)
{
    private readonly int _warmup = recipe.LrSchedulerType == SchedulerType.Constant ? 0 : recipe.WarmupOf(totalSteps);

    /// <summary>The rate step <paramref name="step"/> is taken with.</summary>
    /// <param name="step">From 1. With a warm-up the first step has rate 0, as a scheduler that is advanced after each step gives it.</param>
    public double At(int step)
    {
        var done = step - 1;
        var factor = done < _warmup ? done / (double)Math.Max(1, _warmup) : After(done);
        return recipe.LearningRate * factor;
    }

    private double After(int done)
    {
        var settings = recipe.LrSchedulerKwargs;
        var progress = (done - _warmup) / (double)Math.Max(1, totalSteps - _warmup);
        return recipe.LrSchedulerType switch
        {
            SchedulerType.Linear => Math.Max(0, (totalSteps - done) / (double)Math.Max(1, totalSteps - _warmup)),
            SchedulerType.Cosine => Math.Max(0, Wave(progress * 2 * (settings.NumCycles ?? 0.5))),
            SchedulerType.CosineWithRestarts => progress >= 1 ? 0 : Math.Max(0, Wave(progress * (settings.NumCycles ?? 1) % 1)),
            SchedulerType.CosineWithMinLr => AboveFloor(Wave(progress * 2 * (settings.NumCycles ?? 0.5)), settings.MinLrRate ?? settings.MinLr / recipe.LearningRate ?? 0),
            SchedulerType.Polynomial => Polynomial(done, settings),
            SchedulerType.InverseSqrt => InverseSquareRoot(done, settings.Timescale ?? (_warmup > 0 ? _warmup : 10_000)),
            _ => 1,
        };
    }

    // From 1 at 0 down to 0 at 1.
    private static double Wave(double turn) => 0.5 * (1 + Math.Cos(Math.PI * turn));

    private static double AboveFloor(double factor, double floor) => Math.Max(0, factor * (1 - floor) + floor);

    private double Polynomial(int done, SchedulerSettings settings)
    {
        if (done > totalSteps) return settings.LrEnd / recipe.LearningRate;
        var left = 1 - (done - _warmup) / (double)Math.Max(1, totalSteps - _warmup);
        return ((recipe.LearningRate - settings.LrEnd) * Math.Pow(left, settings.Power) + settings.LrEnd) / recipe.LearningRate;
    }

    private double InverseSquareRoot(int done, int timescale) => 1 / Math.Sqrt((done + timescale - _warmup) / (double)timescale);
}
