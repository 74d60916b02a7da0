using R1Lab.Engine.Adapters;
using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>The adapter, in PEFT's terms. Its settings check themselves.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Adapter => [.. In(RecipeGroup.Lora, LoraNumbers), .. LoraWithoutControl];

    private static IEnumerable<RecipeField> LoraNumbers =>
    [
        Lora(Field.Number, "lora_alpha", lora => lora.LoraAlpha, (lora, value) => lora with { LoraAlpha = value })
            .Positive().Named(EveryTool("lora_alpha")).CheckingItself(),
        Lora(Field.Number, "lora_dropout", lora => lora.LoraDropout, (lora, value) => lora with { LoraDropout = value })
            .AtLeast(0).Below(1).Named(EveryTool("lora_dropout")).CheckingItself(),
        Field.List("lora.target_modules", recipe => recipe.Lora.TargetModules,
            (recipe, value) => recipe with { Lora = recipe.Lora with { TargetModules = value } }, LoraSettings.AllProjections)
            .When(Adapts),
        Lora(Field.OptionalNumber, "loraplus_lr_ratio", lora => lora.LoraplusLrRatio,
            (lora, value) => lora with { LoraplusLrRatio = value })
            .Positive().Named(new() { LlamaFactory = "loraplus_lr_ratio", Axolotl = "loraplus_lr_ratio" }).CheckingItself(),
        Lora(Field.Flag, "use_rslora", lora => lora.UseRslora, (lora, value) => lora with { UseRslora = value })
            .Named(new() { Peft = "use_rslora", TrlCommand = "use_rslora", LlamaFactory = "use_rslora", Axolotl = "peft_use_rslora" }),
    ];

    private static IEnumerable<RecipeField> LoraWithoutControl =>
    [
        Lora(Field.Flag, "use_dora", lora => lora.UseDora, (lora, value) => lora with { UseDora = value }),
        Lora(Field.Map, "rank_pattern", lora => lora.RankPattern,
            (lora, value) => lora with { RankPattern = value }).Named(new() { Peft = "rank_pattern", Axolotl = "lora_rank_pattern" }),
        Lora(Field.Map, "alpha_pattern", lora => lora.AlphaPattern,
            (lora, value) => lora with { AlphaPattern = value }).Named(new() { Peft = "alpha_pattern", Axolotl = "lora_alpha_pattern" }),
        Lora(Field.OptionalText, "init_from", lora => lora.InitFrom, (lora, value) => lora with { InitFrom = value })
            .Named(new() { LlamaFactory = "adapter_name_or_path", Axolotl = "lora_model_dir" }),
    ];

    private static RecipeField Lora<T>(
        FieldMaker<T> kind, string name, Func<LoraSettings, T> get, Func<LoraSettings, T, LoraSettings> set) =>
        kind($"lora.{name}", recipe => get(recipe.Lora), (recipe, value) => recipe with { Lora = set(recipe.Lora, value) }).When(Adapts);

    private static ToolNames EveryTool(string name) => new() { Peft = name, TrlCommand = name, LlamaFactory = name, Axolotl = name };

    private static bool Adapts(TrainingRecipe recipe) => recipe.Method != TrainingMethod.Full;
}
