using Field = R1Lab.Engine.Training.Recipe.RecipeFieldOf;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>Settings that the form has controls of its own for, or none.</summary>
public sealed partial class RecipeSchema
{
    private static IEnumerable<RecipeField> Own =>
    [
        Field.OptionalText("name", recipe => recipe.Name, (recipe, value) => recipe with { Name = value }) with
        {
            StaysWithPreset = true,
            Tools = new() { Transformers = "run_name" },
        },
        Field.Text("model", recipe => recipe.Model, (recipe, value) => recipe with { Model = value }) with
        {
            StaysWithPreset = true,
            Tools = new() { TrlCommand = "model_name_or_path", LlamaFactory = "model_name_or_path", Axolotl = "base_model" },
        },
        Field.Text("dataset", recipe => recipe.Dataset, (recipe, value) => recipe with { Dataset = value }) with
        {
            StaysWithPreset = true,
            Tools = new() { TrlCommand = "dataset_name" },
        },
        Field.Choice("objective", recipe => recipe.Objective, (recipe, value) => recipe with { Objective = value }),
        Field.Choice("thinking_policy", recipe => recipe.ThinkingPolicy,
            (recipe, value) => recipe with { ThinkingPolicy = value }).KeptByPresets(),
        Field.List("probe_prompts", recipe => recipe.ProbePrompts,
            (recipe, value) => recipe with { ProbePrompts = value }).KeptByPresets(),
        Field.List("confirmed", recipe => recipe.Confirmed,
            (recipe, value) => recipe with { Confirmed = value }).KeptByPresets(),
    ];

    private static IEnumerable<RecipeField> Probes => In(RecipeGroup.Probes,
        Field.Whole("probe_max_new_tokens", recipe => recipe.ProbeMaxNewTokens,
            (recipe, value) => recipe with { ProbeMaxNewTokens = value }).AtLeast(1).AtMost(1 << 17));

    private delegate RecipeField<T> FieldMaker<T>(string name, Func<TrainingRecipe, T> get, Func<TrainingRecipe, T, TrainingRecipe> set);

    private static IEnumerable<RecipeField> In(RecipeGroup group, params IEnumerable<RecipeField> fields) =>
        fields.Select(field => field with { Group = group });
}
