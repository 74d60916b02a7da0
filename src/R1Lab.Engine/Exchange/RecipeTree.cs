using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>A recipe as a tree of its public names, every field there; fields are called by their path, for example <c>lora.r</c>.</summary>
internal static class RecipeTree
{
    private static readonly JsonSerializerOptions Whole = new(TrainingRecipe.Json) { DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    private static readonly Dictionary<string, (Type Type, bool Nullable)> Types = Declared(typeof(TrainingRecipe), "").ToDictionary(one => one.Path, one => (one.Type, one.Nullable));

    public static JsonObject Of(TrainingRecipe recipe) => JsonSerializer.SerializeToNode(recipe, Whole)!.AsObject();

    public static TrainingRecipe ToRecipe(JsonObject tree) => tree.Deserialize<TrainingRecipe>(Whole)!;

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

    /// <summary>Every field's path, and its values.</summary>
    public static IEnumerable<(string Path, JsonNode? Value)> Fields(JsonObject tree)
    {
        foreach (var (name, value) in tree)
        {
            if (name is not ("lora" or "lr_scheduler_kwargs")) yield return (name, value);
            else foreach (var (inner, held) in value!.AsObject()) yield return ($"{name}.{inner}", held);
        }
    }

    /// <summary>The value in the form the field has: whole numbers written as <c>3.0</c> and numbers written as text are taken.</summary>
    /// <returns>False when the field cannot hold it.</returns>
    public static bool Fits(string path, JsonNode? value, out JsonNode? fitted)
    {
        var (declared, nullable) = Types[path];
        fitted = value?.DeepClone();
        if (value is null) return nullable;
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(int) || type == typeof(long) || type == typeof(double))
        {
            if (Setting.NumberOf(value) is not { } number || !double.IsFinite(number)) return false;
            if (type != typeof(double) && (number != Math.Floor(number) || Math.Abs(number) > 1L << 53)) return false;
            fitted = type == typeof(double) ? JsonValue.Create(number) : JsonValue.Create(value.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue<long>(out var whole) ? whole : (long)number);
        }

        try
        {
            fitted.Deserialize(declared, Whole);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static (JsonObject Parent, string Name) Place(JsonObject tree, string path) =>
        path.Split('.') is [var group, var name] ? (tree[group]!.AsObject(), name) : (tree, path);

    private static IEnumerable<(string Path, Type Type, bool Nullable)> Declared(Type record, string prefix)
    {
        foreach (var property in record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(one => one.CanWrite))
        {
            var path = prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            if (property.PropertyType == typeof(SchedulerSettings) || property.PropertyType == typeof(LoraSettings))
            {
                foreach (var inner in Declared(property.PropertyType, path + ".")) yield return inner;
            }

            yield return (path, property.PropertyType, new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable);
        }
    }
}
