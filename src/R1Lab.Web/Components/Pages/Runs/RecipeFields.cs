using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;
using Field = R1Lab.Web.Components.Pages.Runs.RecipeField;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Every setting of the form, in its order.</summary>
public static class RecipeFields
{
    /// <summary>What is decided about the rows.</summary>
    public static RecipeFieldGroup Data { get; } = new("data", true,
        Field.OptionalWhole("max_samples", recipe => recipe.MaxSamples, (recipe, value) => recipe with { MaxSamples = value }),
        Field.Number("val_size", recipe => recipe.ValSize, EvaluationDefaults.Hold),
        Field.Choice("overlong_rows", recipe => recipe.OverlongRows, (recipe, value) => recipe with { OverlongRows = value }),
        Field.Choice("train_on", recipe => recipe.TrainOn, (recipe, value) => recipe with { TrainOn = value }));

    /// <summary>The few settings everybody looks at.</summary>
    public static RecipeFieldGroup Main { get; } = new("main", true,
        Field.Number("num_train_epochs", recipe => recipe.NumTrainEpochs, (recipe, value) => recipe with { NumTrainEpochs = value }),
        Field.Number("learning_rate", recipe => recipe.LearningRate, (recipe, value) => recipe with { LearningRate = value }),
        Field.Choice("lr_scheduler_type", recipe => recipe.LrSchedulerType, (recipe, value) => recipe with { LrSchedulerType = value }),
        Field.Number("warmup_ratio", recipe => recipe.WarmupRatio, (recipe, value) => recipe with { WarmupRatio = value })
            .When(recipe => recipe.LrSchedulerType != SchedulerType.Constant && recipe.WarmupSteps == 0),
        ScheduleNumber("min_lr_rate", kwargs => kwargs.MinLrRate, (kwargs, value) => kwargs with { MinLrRate = value })
            .When(recipe => recipe.LrSchedulerType == SchedulerType.CosineWithMinLr && recipe.LrSchedulerKwargs.MinLr is null),
        ScheduleNumber("min_lr", kwargs => kwargs.MinLr, (kwargs, value) => kwargs with { MinLr = value })
            .When(recipe => recipe.LrSchedulerType == SchedulerType.CosineWithMinLr && recipe.LrSchedulerKwargs.MinLrRate is null),
        ScheduleNumber("lr_end", kwargs => kwargs.LrEnd, (kwargs, value) => kwargs with { LrEnd = value ?? new SchedulerSettings().LrEnd })
            .When(recipe => recipe.LrSchedulerType == SchedulerType.Polynomial),
        ScheduleNumber("power", kwargs => kwargs.Power, (kwargs, value) => kwargs with { Power = value ?? new SchedulerSettings().Power })
            .When(recipe => recipe.LrSchedulerType == SchedulerType.Polynomial),
        ScheduleNumber("num_cycles", kwargs => kwargs.NumCycles, (kwargs, value) => kwargs with { NumCycles = value })
            .When(recipe => recipe.LrSchedulerType is SchedulerType.CosineWithRestarts or SchedulerType.CosineWithMinLr),
        Field.OptionalWhole("lr_scheduler_kwargs.timescale", recipe => recipe.LrSchedulerKwargs.Timescale,
            (recipe, value) => recipe with { LrSchedulerKwargs = recipe.LrSchedulerKwargs with { Timescale = value } }).When(recipe => recipe.LrSchedulerType == SchedulerType.InverseSqrt));

    /// <summary>What decides how much memory a run needs; shown beside the memory bar.</summary>
    public static RecipeFieldGroup Memory { get; } = new("memory", true,
        Field.Choice("method", recipe => recipe.Method, FormRecipe.WithMethod),
        Field.Whole("per_device_train_batch_size", recipe => recipe.PerDeviceTrainBatchSize, BatchKnob.MicroBatch),
        Field.Whole("gradient_accumulation_steps", recipe => recipe.GradientAccumulationSteps, (recipe, value) => recipe with { GradientAccumulationSteps = (int)value }),
        Field.Whole("max_length", recipe => recipe.MaxLength, (recipe, value) => recipe with { MaxLength = (int)value }),
        Lora(Field.Whole("lora.r", recipe => recipe.Lora.R, (recipe, value) => recipe with { Lora = recipe.Lora with { R = (int)value } })),
        Field.Choice("quantization", recipe => recipe.Quantization, (recipe, value) => recipe with { Quantization = value }).When(recipe => recipe.Method == TrainingMethod.Qlora),
        Field.Switch("double_quantization", recipe => recipe.DoubleQuantization, (recipe, value) => recipe with { DoubleQuantization = value })
            .When(recipe => recipe.Method == TrainingMethod.Qlora && recipe.Quantization == BaseQuantization.Nf4),
        Field.Whole("freeze_layers", recipe => recipe.FreezeLayers, (recipe, value) => recipe with { FreezeLayers = (int)value }).When(recipe => recipe.Method == TrainingMethod.Full),
        Field.Choice("optim", recipe => recipe.Optim, (recipe, value) => recipe with { Optim = value }).When(recipe => recipe.Method == TrainingMethod.Full || recipe.Optim != OptimizerType.Adamw),
        Field.Choice("dtype", recipe => recipe.Dtype, (recipe, value) => recipe with { Dtype = value }),
        Field.Choice("device_map", recipe => recipe.DeviceMap, (recipe, value) => recipe with { DeviceMap = value }) with { NeedsSeveralCards = true },
        Field.Switch("gradient_checkpointing", recipe => recipe.GradientCheckpointing, (recipe, value) => recipe with { GradientCheckpointing = value })
            .When(recipe => recipe.Method != TrainingMethod.Qlora),
        Field.OptionalWhole("gradient_checkpointing_layers", recipe => recipe.GradientCheckpointingLayers, (recipe, value) => recipe with { GradientCheckpointingLayers = value })
            .When(recipe => recipe.Effective().GradientCheckpointing || recipe.GradientCheckpointingLayers is not null),
        Field.Switch("activation_offloading", recipe => recipe.ActivationOffloading, (recipe, value) => recipe with { ActivationOffloading = value })
            .When(recipe => recipe.Effective().GradientCheckpointing || recipe.ActivationOffloading),
        Lora(Field.Switch("embedding_on_host", recipe => recipe.KeepsEmbeddingOnHost, FormRecipe.WithEmbeddingOnHost)));

    /// <summary>The folded groups, in their order.</summary>
    public static IReadOnlyList<RecipeFieldGroup> Groups { get; } =
    [
        new("evaluation", true,
            Evaluated(Field.OptionalNumber("evals_per_epoch", recipe => recipe.EvalsPerEpoch, (recipe, value) => recipe with { EvalsPerEpoch = value })),
            Evaluated(Field.OptionalNumber("eval_steps", recipe => recipe.EvalSteps, (recipe, value) => recipe with { EvalSteps = value }))
                .When(recipe => recipe.ValSize > 0 && recipe.EvalsPerEpoch is null),
            Evaluated(Field.OptionalWhole("early_stopping_patience", recipe => recipe.EarlyStoppingPatience, (recipe, value) => recipe with { EarlyStoppingPatience = value })),
            Evaluated(Field.Choice("metric_for_best_model", recipe => recipe.MetricForBestModel, (recipe, value) => recipe with { MetricForBestModel = value }))
                .When(recipe => recipe.ValSize > 0 && (recipe.LoadBestModelAtEnd || recipe.EarlyStoppingPatience is not null)),
            Evaluated(Field.Switch("load_best_model_at_end", recipe => recipe.LoadBestModelAtEnd, (recipe, value) => recipe with { LoadBestModelAtEnd = value }))),
        new("lora", false,
            Lora(Field.Number("lora.lora_alpha", recipe => recipe.Lora.LoraAlpha, (recipe, value) => recipe with { Lora = recipe.Lora with { LoraAlpha = value } })),
            Lora(Field.Number("lora.lora_dropout", recipe => recipe.Lora.LoraDropout, (recipe, value) => recipe with { Lora = recipe.Lora with { LoraDropout = value } })),
            Lora(Field.Names("lora.target_modules", LoraSettings.AllProjections, recipe => recipe.Lora.TargetModules,
                (recipe, value) => recipe with { Lora = recipe.Lora with { TargetModules = value } })),
            Lora(Field.OptionalNumber("lora.loraplus_lr_ratio", recipe => recipe.Lora.LoraplusLrRatio, (recipe, value) => recipe with { Lora = recipe.Lora with { LoraplusLrRatio = value } })),
            Lora(Field.Switch("lora.use_rslora", recipe => recipe.Lora.UseRslora, (recipe, value) => recipe with { Lora = recipe.Lora with { UseRslora = value } }))),
        new("log", false,
            Field.Number("logging_steps", recipe => recipe.LoggingSteps, (recipe, value) => recipe with { LoggingSteps = value }),
            Field.OptionalNumber("save_steps", recipe => recipe.SaveSteps, (recipe, value) => recipe with { SaveSteps = value }),
            Field.OptionalWhole("save_total_limit", recipe => recipe.SaveTotalLimit, (recipe, value) => recipe with { SaveTotalLimit = value })),
        new("advanced", false,
            Field.OptionalWhole("max_steps", recipe => recipe.MaxSteps, (recipe, value) => recipe with { MaxSteps = value }),
            Field.Whole("warmup_steps", recipe => recipe.WarmupSteps, (recipe, value) => recipe with { WarmupSteps = (int)value })
                .When(recipe => recipe.LrSchedulerType != SchedulerType.Constant || recipe.WarmupSteps > 0),
            Field.Number("weight_decay", recipe => recipe.WeightDecay, (recipe, value) => recipe with { WeightDecay = value }),
            Field.Number("max_grad_norm", recipe => recipe.MaxGradNorm, (recipe, value) => recipe with { MaxGradNorm = value }),
            Evaluated(Field.Number("early_stopping_threshold", recipe => recipe.EarlyStoppingThreshold, (recipe, value) => recipe with { EarlyStoppingThreshold = value }))
                .When(recipe => recipe.ValSize > 0 && recipe.EarlyStoppingPatience is not null),
            Evaluated(Field.OptionalWhole("per_device_eval_batch_size", recipe => recipe.PerDeviceEvalBatchSize, (recipe, value) => recipe with { PerDeviceEvalBatchSize = value })),
            Field.OptionalNumber("neftune_noise_alpha", recipe => recipe.NeftuneNoiseAlpha, (recipe, value) => recipe with { NeftuneNoiseAlpha = value }),
            Field.Whole("seed", recipe => recipe.Seed, (recipe, value) => recipe with { Seed = value }),
            Field.Choice("loss_normalization", recipe => recipe.LossNormalization, (recipe, value) => recipe with { LossNormalization = value }),
            Field.Choice("epoch_end", recipe => recipe.EpochEnd, (recipe, value) => recipe with { EpochEnd = value }),
            Field.Choice("decay_groups", recipe => recipe.DecayGroups, (recipe, value) => recipe with { DecayGroups = value }).When(recipe => recipe.WeightDecay > 0),
            Field.Number("adam_beta1", recipe => recipe.AdamBeta1, (recipe, value) => recipe with { AdamBeta1 = value }),
            Field.Number("adam_beta2", recipe => recipe.AdamBeta2, (recipe, value) => recipe with { AdamBeta2 = value }),
            Field.Number("adam_epsilon", recipe => recipe.AdamEpsilon, (recipe, value) => recipe with { AdamEpsilon = value }),
            Field.Switch("packing", recipe => recipe.Packing, (recipe, value) => recipe with { Packing = value }),
            Field.Switch("group_by_length", recipe => recipe.GroupByLength, (recipe, value) => recipe with { GroupByLength = value }).When(recipe => !recipe.Packing),
            Field.Switch("shuffle", recipe => recipe.Shuffle, (recipe, value) => recipe with { Shuffle = value })),
    ];

    /// <summary>The length of an answer to a probe prompt; the prompts themselves have an editor of their own.</summary>
    public static Field ProbeLength { get; } =
        Field.Whole("probe_max_new_tokens", recipe => recipe.ProbeMaxNewTokens, (recipe, value) => recipe with { ProbeMaxNewTokens = (int)value });

    public static IEnumerable<Field> All => [.. Data.Fields, .. Main.Fields, .. Memory.Fields, .. Groups.SelectMany(group => group.Fields), ProbeLength];

    private static Field Lora(Field field) => field.When(recipe => recipe.Method != TrainingMethod.Full);

    private static Field Evaluated(Field field) => field.When(recipe => recipe.ValSize > 0);

    private static Field ScheduleNumber(string name, Func<SchedulerSettings, double?> get, Func<SchedulerSettings, double?, SchedulerSettings> set) =>
        Field.OptionalNumber($"lr_scheduler_kwargs.{name}", recipe => get(recipe.LrSchedulerKwargs), (recipe, value) => recipe with { LrSchedulerKwargs = set(recipe.LrSchedulerKwargs, value) });
}
