using R1Lab.Engine.Adapters;
using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>What decides how much memory a run needs.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Memory => In(RecipeGroup.Memory, [.. Sizes, .. Storage, .. Checkpointing]);

    private static IEnumerable<RecipeField> Sizes =>
    [
        Field.Choice("method", recipe => recipe.Method, (recipe, value) => recipe with { Method = value }),
        Field.Whole("per_device_train_batch_size", recipe => recipe.PerDeviceTrainBatchSize,
            (recipe, value) => recipe with { PerDeviceTrainBatchSize = value })
            .AtLeast(1).AtMost(TrainingRecipe.MostRowsAtOnce)
            .Named(new() { Transformers = "per_device_train_batch_size", Axolotl = "micro_batch_size" }),
        Field.Whole("gradient_accumulation_steps", recipe => recipe.GradientAccumulationSteps,
            (recipe, value) => recipe with { GradientAccumulationSteps = value })
            .AtLeast(1).AtMost(65_536).Named(Everywhere("gradient_accumulation_steps")),
        Field.Whole("max_length", recipe => recipe.MaxLength, (recipe, value) => recipe with { MaxLength = value })
            .AtLeast(2).AtMost(1 << 24).Named(new() { Trl = "max_length", LlamaFactory = "cutoff_len", Axolotl = "sequence_len" }),
        Lora(Field.Whole, "r", lora => lora.R, (lora, value) => lora with { R = value })
            .AtLeast(1).AtMost(LoraSettings.LargestRank)
            .Named(new() { Peft = "r", TrlCommand = "lora_r", LlamaFactory = "lora_rank", Axolotl = "lora_r" }).CheckingItself(),
    ];

    private static IEnumerable<RecipeField> Storage =>
    [
        Field.Choice("quantization", recipe => recipe.Quantization,
            (recipe, value) => recipe with { Quantization = value }).When(recipe => recipe.Method == TrainingMethod.Qlora),
        Field.Flag("double_quantization", recipe => recipe.DoubleQuantization,
            (recipe, value) => recipe with { DoubleQuantization = value })
            .Named(new() { LlamaFactory = "double_quantization" })
            .When(recipe => recipe.Method == TrainingMethod.Qlora && recipe.Quantization == BaseQuantization.Nf4),
        Field.Whole("freeze_layers", recipe => recipe.FreezeLayers, (recipe, value) => recipe with { FreezeLayers = value })
            .AtLeast(0).When(recipe => recipe.Method == TrainingMethod.Full),
        Field.Choice("optim", recipe => recipe.Optim, (recipe, value) => recipe with { Optim = value })
            .When(recipe => recipe.Method == TrainingMethod.Full || recipe.Optim != OptimizerType.Adamw),
        Field.Choice("dtype", recipe => recipe.Dtype, (recipe, value) => recipe with { Dtype = value }),
        Field.Choice("device_map", recipe => recipe.DeviceMap,
            (recipe, value) => recipe with { DeviceMap = value }) with { NeedsSeveralDevices = true },
    ];

    private static IEnumerable<RecipeField> Checkpointing =>
    [
        Field.Flag("gradient_checkpointing", recipe => recipe.GradientCheckpointing,
            (recipe, value) => recipe with { GradientCheckpointing = value })
            .Named(new() { Transformers = "gradient_checkpointing" }).When(recipe => recipe.Method != TrainingMethod.Qlora),
        Field.OptionalWhole("gradient_checkpointing_layers", recipe => recipe.GradientCheckpointingLayers,
            (recipe, value) => recipe with { GradientCheckpointingLayers = value })
            .AtLeast(1).When(recipe => recipe.Effective().GradientCheckpointing || recipe.GradientCheckpointingLayers is not null),
        Field.Flag("activation_offloading", recipe => recipe.ActivationOffloading,
            (recipe, value) => recipe with { ActivationOffloading = value })
            .Named(new() { Trl = "activation_offloading", LlamaFactory = "use_unsloth_gc" })
            .When(recipe => recipe.Effective().GradientCheckpointing || recipe.ActivationOffloading),
        Field.OptionalFlag("embedding_on_host", recipe => recipe.EmbeddingOnHost,
            (recipe, value) => recipe with { EmbeddingOnHost = value }).When(Adapts),
    ];
}
