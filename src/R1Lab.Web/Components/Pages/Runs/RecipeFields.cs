using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;
using Field = R1Lab.Web.Components.Pages.Runs.RecipeField;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Settings shown together.</summary>
/// <param name="Applies">Whether the group means anything for this recipe.</param>
/// <param name="Open">Shown unfolded at first.</param>
public sealed record RecipeFieldGroup(string Key, Func<TrainingRecipe, bool> Applies, bool Open, params IReadOnlyList<RecipeField> Fields);

/// <summary>Every setting of the form, in its order.</summary>
public static class RecipeFields
{
    private static readonly Field[] Length =
    [
        Field.Number("num_train_epochs", recipe => recipe.NumTrainEpochs, (recipe, value) => recipe with { NumTrainEpochs = value }),
        Field.OptionalWhole("max_steps", recipe => recipe.MaxSteps, (recipe, value) => recipe with { MaxSteps = value }),
        Field.Whole("per_device_train_batch_size", recipe => recipe.PerDeviceTrainBatchSize, (recipe, value) => recipe with { PerDeviceTrainBatchSize = (int)value }),
        Field.Whole("gradient_accumulation_steps", recipe => recipe.GradientAccumulationSteps, (recipe, value) => recipe with { GradientAccumulationSteps = (int)value }),
        Field.Whole("max_length", recipe => recipe.MaxLength, (recipe, value) => recipe with { MaxLength = (int)value }),
        Field.Switch("shuffle", recipe => recipe.Shuffle, (recipe, value) => recipe with { Shuffle = value }),
    ];

    private static readonly Field[] Rate =
    [
        Field.Number("learning_rate", recipe => recipe.LearningRate, (recipe, value) => recipe with { LearningRate = value }),
        Field.Choice("lr_scheduler_type", recipe => recipe.LrSchedulerType, (recipe, value) => recipe with { LrSchedulerType = value }),
        Field.Number("warmup_ratio", recipe => recipe.WarmupRatio, (recipe, value) => recipe with { WarmupRatio = value }),
        Field.Whole("warmup_steps", recipe => recipe.WarmupSteps, (recipe, value) => recipe with { WarmupSteps = (int)value }),
        Field.Number("weight_decay", recipe => recipe.WeightDecay, (recipe, value) => recipe with { WeightDecay = value }),
        Field.Number("max_grad_norm", recipe => recipe.MaxGradNorm, (recipe, value) => recipe with { MaxGradNorm = value }),
    ];

    private static readonly Field[] Lora =
    [
        Field.Whole("lora.r", recipe => recipe.Lora.R, (recipe, value) => recipe with { Lora = recipe.Lora with { R = (int)value } }),
        Field.Number("lora.lora_alpha", recipe => recipe.Lora.LoraAlpha, (recipe, value) => recipe with { Lora = recipe.Lora with { LoraAlpha = value } }),
        Field.Number("lora.lora_dropout", recipe => recipe.Lora.LoraDropout, (recipe, value) => recipe with { Lora = recipe.Lora with { LoraDropout = value } }),
        Field.Names("lora.target_modules", LoraSettings.AllProjections, recipe => recipe.Lora.TargetModules,
            (recipe, value) => recipe with { Lora = recipe.Lora with { TargetModules = value } }),
        Field.Switch("lora.use_rslora", recipe => recipe.Lora.UseRslora, (recipe, value) => recipe with { Lora = recipe.Lora with { UseRslora = value } }),
    ];

    private static readonly Field[] Watch =
    [
        Field.Number("val_size", recipe => recipe.ValSize, (recipe, value) => recipe with { ValSize = value }),
        Field.OptionalWhole("eval_steps", recipe => recipe.EvalSteps, (recipe, value) => recipe with { EvalSteps = value }),
        Field.Whole("logging_steps", recipe => recipe.LoggingSteps, (recipe, value) => recipe with { LoggingSteps = (int)value }),
        Field.OptionalWhole("save_steps", recipe => recipe.SaveSteps, (recipe, value) => recipe with { SaveSteps = value }),
        Field.OptionalWhole("save_total_limit", recipe => recipe.SaveTotalLimit, (recipe, value) => recipe with { SaveTotalLimit = value }),
    ];

    private static readonly Field[] Advanced =
    [
        Field.Choice("dtype", recipe => recipe.Dtype, (recipe, value) => recipe with { Dtype = value }),
        Field.Switch("gradient_checkpointing", recipe => recipe.GradientCheckpointing, (recipe, value) => recipe with { GradientCheckpointing = value }),
        Field.Whole("seed", recipe => recipe.Seed, (recipe, value) => recipe with { Seed = value }),
        Field.Choice("loss_normalization", recipe => recipe.LossNormalization, (recipe, value) => recipe with { LossNormalization = value }),
        Field.Choice("decay_groups", recipe => recipe.DecayGroups, (recipe, value) => recipe with { DecayGroups = value }),
        Field.Number("adam_beta1", recipe => recipe.AdamBeta1, (recipe, value) => recipe with { AdamBeta1 = value }),
        Field.Number("adam_beta2", recipe => recipe.AdamBeta2, (recipe, value) => recipe with { AdamBeta2 = value }),
        Field.Number("adam_epsilon", recipe => recipe.AdamEpsilon, (recipe, value) => recipe with { AdamEpsilon = value }),
    ];

    public static IReadOnlyList<RecipeFieldGroup> Groups { get; } =
    [
        new("length", _ => true, true, Length),
        new("rate", _ => true, true, Rate),
        new("lora", recipe => recipe.Method != TrainingMethod.Full, true, Lora),
        new("watch", _ => true, true, Watch),
        new("advanced", _ => true, false, Advanced),
    ];

    public static IEnumerable<string> Names => Groups.SelectMany(group => group.Fields).Select(one => one.Name);
}
