using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>What few people change.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Advanced => In(RecipeGroup.Advanced, [.. Steps, .. Batches, .. Adam, .. Rows]);

    private static IEnumerable<RecipeField> Steps =>
    [
        Field.OptionalWhole("max_steps", recipe => recipe.MaxSteps,
            (recipe, value) => recipe with { MaxSteps = value }).AtMost(10_000_000),
        Field.Whole("warmup_steps", recipe => recipe.WarmupSteps, (recipe, value) => recipe with { WarmupSteps = value })
            .AtLeast(0).When(recipe => recipe.LrSchedulerType != SchedulerType.Constant || recipe.WarmupSteps > 0),
        Field.Number("weight_decay", recipe => recipe.WeightDecay,
            (recipe, value) => recipe with { WeightDecay = value }).AtLeast(0).Named(Everywhere("weight_decay")),
        Field.Number("max_grad_norm", recipe => recipe.MaxGradNorm,
            (recipe, value) => recipe with { MaxGradNorm = value }).AtLeast(0).Named(Everywhere("max_grad_norm")),
        Field.Number("early_stopping_threshold", recipe => recipe.EarlyStoppingThreshold,
            (recipe, value) => recipe with { EarlyStoppingThreshold = value })
            .AtLeast(0).When(recipe => Evaluates(recipe) && recipe.EarlyStoppingPatience is not null),
    ];

    private static IEnumerable<RecipeField> Batches =>
    [
        Field.OptionalWhole("per_device_eval_batch_size", recipe => recipe.PerDeviceEvalBatchSize,
            (recipe, value) => recipe with { PerDeviceEvalBatchSize = value })
            .AtLeast(1).AtMost(TrainingRecipe.MostRowsAtOnce)
            .Named(new() { Transformers = "per_device_eval_batch_size", Axolotl = "eval_batch_size" }).When(Evaluates),
        Field.OptionalNumber("neftune_noise_alpha", recipe => recipe.NeftuneNoiseAlpha,
            (recipe, value) => recipe with { NeftuneNoiseAlpha = value })
            .AtLeast(0).Named(Everywhere("neftune_noise_alpha")).CheckingItself(),
        new RecipeField<long>("seed", SettingKind.WholeNumber, recipe => recipe.Seed, (recipe, value) => recipe with { Seed = value })
            .Named(Everywhere("seed")),
        Field.Choice("loss_normalization", recipe => recipe.LossNormalization,
            (recipe, value) => recipe with { LossNormalization = value }),
        Field.Choice("epoch_end", recipe => recipe.EpochEnd, (recipe, value) => recipe with { EpochEnd = value }),
    ];

    private static IEnumerable<RecipeField> Adam =>
    [
        Field.Choice("decay_groups", recipe => recipe.DecayGroups,
            (recipe, value) => recipe with { DecayGroups = value }).When(recipe => recipe.WeightDecay > 0),
        Field.Number("adam_beta1", recipe => recipe.AdamBeta1,
            (recipe, value) => recipe with { AdamBeta1 = value }).AtLeast(0).Below(1).Named(Everywhere("adam_beta1")),
        Field.Number("adam_beta2", recipe => recipe.AdamBeta2,
            (recipe, value) => recipe with { AdamBeta2 = value }).AtLeast(0).Below(1).Named(Everywhere("adam_beta2")),
        Field.Number("adam_epsilon", recipe => recipe.AdamEpsilon,
            (recipe, value) => recipe with { AdamEpsilon = value }).Positive().Named(Everywhere("adam_epsilon")),
    ];

    private static IEnumerable<RecipeField> Rows =>
    [
        Field.Flag("packing", recipe => recipe.Packing,
            (recipe, value) => recipe with { Packing = value }).Named(new() { Trl = "packing", Axolotl = "sample_packing" }),
        Field.Flag("group_by_length", recipe => recipe.GroupByLength, (recipe, value) => recipe with { GroupByLength = value })
            .Named(Everywhere("group_by_length")).When(recipe => !recipe.Packing),
        Field.Flag("shuffle", recipe => recipe.Shuffle, (recipe, value) => recipe with { Shuffle = value }),
    ];

    private static ToolNames Everywhere(string name) => new() { Transformers = name, Axolotl = name };
}
