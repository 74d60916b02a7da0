using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>How long and how fast is learned.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Main => In(RecipeGroup.Main,
        Field.Number("num_train_epochs", recipe => recipe.NumTrainEpochs, (recipe, value) => recipe with { NumTrainEpochs = value })
            .Positive().AtMost(1_000).Named(new() { Transformers = "num_train_epochs", Axolotl = "num_epochs" }) with
        {
            IsBounded = recipe => recipe.MaxSteps is not > 0,
        },
        Field.Number("learning_rate", recipe => recipe.LearningRate, (recipe, value) => recipe with { LearningRate = value })
            .Positive().Named(new() { Transformers = "learning_rate", Axolotl = "learning_rate" }),
        Field.Choice("lr_scheduler_type", recipe => recipe.LrSchedulerType, (recipe, value) => recipe with { LrSchedulerType = value }),
        Field.Number("warmup_ratio", recipe => recipe.WarmupRatio, (recipe, value) => recipe with { WarmupRatio = value })
            .AtLeast(0).Below(1).Named(new() { Transformers = "warmup_ratio", Axolotl = "warmup_ratio" })
            .When(recipe => recipe.LrSchedulerType != SchedulerType.Constant && recipe.WarmupSteps == 0),
        Schedule(Field.OptionalNumber, "min_lr_rate", kwargs => kwargs.MinLrRate, (kwargs, value) => kwargs with { MinLrRate = value })
            .When(recipe => recipe.LrSchedulerType == SchedulerType.CosineWithMinLr && recipe.LrSchedulerKwargs.MinLr is null),
        Schedule(Field.OptionalNumber, "min_lr", kwargs => kwargs.MinLr, (kwargs, value) => kwargs with { MinLr = value })
            .When(recipe => recipe.LrSchedulerType == SchedulerType.CosineWithMinLr && recipe.LrSchedulerKwargs.MinLrRate is null),
        Schedule(Field.Number, "lr_end", kwargs => kwargs.LrEnd,
            (kwargs, value) => kwargs with { LrEnd = value }).When(recipe => recipe.LrSchedulerType == SchedulerType.Polynomial),
        Schedule(Field.Number, "power", kwargs => kwargs.Power,
            (kwargs, value) => kwargs with { Power = value }).When(recipe => recipe.LrSchedulerType == SchedulerType.Polynomial),
        Schedule(Field.OptionalNumber, "num_cycles", kwargs => kwargs.NumCycles, (kwargs, value) => kwargs with { NumCycles = value })
            .When(recipe => recipe.LrSchedulerType is SchedulerType.CosineWithRestarts or SchedulerType.CosineWithMinLr),
        Schedule(Field.OptionalWhole, "timescale", kwargs => kwargs.Timescale, (kwargs, value) => kwargs with { Timescale = value })
            .When(recipe => recipe.LrSchedulerType == SchedulerType.InverseSqrt));

    private static RecipeField<T> Schedule<T>(
        FieldMaker<T> kind, string name, Func<SchedulerSettings, T> get, Func<SchedulerSettings, T, SchedulerSettings> set) =>
        kind($"lr_scheduler_kwargs.{name}", recipe => get(recipe.LrSchedulerKwargs),
            (recipe, value) => recipe with { LrSchedulerKwargs = set(recipe.LrSchedulerKwargs, value) });
}
