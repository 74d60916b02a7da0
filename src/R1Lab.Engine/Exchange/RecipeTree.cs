using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Engine.Exchange;

/// <summary>A recipe as a tree with every field; fields are called by their path, for example <c>lora.r</c>.</summary>
internal static class RecipeTree
{
    public static JsonObject Of(TrainingRecipe recipe, RecipeSchema schema) =>
        JsonSerializer.SerializeToNode(recipe, schema.JsonWithNulls)!.AsObject();

    public static TrainingRecipe ToRecipe(JsonObject tree, RecipeSchema schema) => tree.Deserialize<TrainingRecipe>(schema.JsonWithNulls)!;

    public static JsonNode? Get(JsonObject tree, string path)
    {
        var (parent, name) = Place(tree, path);
        return parent[name];
    }

    public static void Set(JsonObject tree, string path, JsonNode? value)
    {
        var (parent, name) = Place(tree, path);
        parent[name] = value?.DeepClone();
    }

    /// <summary>The value in the form the field has: whole numbers written as <c>3.0</c> and numbers written as text are taken.</summary>
    /// <returns>False when the field cannot hold it.</returns>
    public static bool Fits(RecipeField field, JsonNode? value, out JsonNode? fitted)
    {
        fitted = value?.DeepClone();
        if (value is null) return field.AllowsNull;
        if (field.Kind is SettingKind.Number or SettingKind.WholeNumber)
        {
            if (Setting.NumberOf(value) is not { } number || !double.IsFinite(number)) return false;
            if (field.Kind == SettingKind.WholeNumber && (number != Math.Floor(number) || Math.Abs(number) > 1L << 53)) return false;
            fitted = field.Kind == SettingKind.Number ? number : WholeOf(value, number);
        }

        return field.WithJson(TrainingRecipe.Initial, fitted) is not null;
    }

    private static long WholeOf(JsonNode value, double number) =>
        value.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue<long>(out var whole) ? whole : (long)number;

    private static (JsonObject Parent, string Name) Place(JsonObject tree, string path) =>
        path.Split('.') is [var group, var name] ? (tree[group]!.AsObject(), name) : (tree, path);
}
