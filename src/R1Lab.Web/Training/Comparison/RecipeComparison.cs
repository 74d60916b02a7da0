using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Web.Training;

/// <summary>One setting of several runs.</summary>
/// <param name="Field">Its public name; fields inside others are joined by a dot.</param>
/// <param name="Values">One a run, in the order of the runs; null where a run does not have it.</param>
public sealed record ComparedSetting(string Field, IReadOnlyList<string?> Values)
{
    public bool Differs => Values.Distinct(StringComparer.Ordinal).Count() > 1;
}

/// <summary>The recipes of several runs, field by field.</summary>
public static class RecipeComparison
{
    /// <summary>Every field that any of the recipes has, in the order of the recipes; the runs' names are left out.</summary>
    public static IReadOnlyList<ComparedSetting> Of(IReadOnlyList<string> recipes) => Of(recipes, RecipeSchema.Default);

    /// <inheritdoc cref="Of(IReadOnlyList{string})"/>
    /// <param name="schema">The settings there are; fields it does not know come last.</param>
    public static IReadOnlyList<ComparedSetting> Of(IReadOnlyList<string> recipes, RecipeSchema schema)
    {
        var order = schema.WrittenFields.Select(field => field.Name).ToList();
        var flat = recipes.Select(recipe => Flatten(StoredRecipe.Rewritten(recipe, schema), "").ToDictionary()).ToList();
        var fields = flat.SelectMany(recipe => recipe.Keys).Where(field => field != "name").Distinct(StringComparer.Ordinal)
            .OrderBy(field => Position(field, order));
        return [.. fields.Select(field => new ComparedSetting(field, [.. flat.Select(recipe => recipe.GetValueOrDefault(field))]))];
    }

    private static IEnumerable<(string Name, string? Value)> Flatten(JsonObject recipe, string prefix) =>
        recipe.SelectMany(field => field.Value is JsonObject inner
            ? Flatten(inner, $"{prefix}{field.Key}.") : [($"{prefix}{field.Key}", Show(field.Value))]);

    // An entry of a map stands where the map does.
    private static int Position(string field, List<string> order) =>
        order.FindIndex(name => field == name || field.StartsWith(name + ".", StringComparison.Ordinal)) is >= 0 and var at
            ? at : int.MaxValue;

    private static string? Show(JsonNode? value) => value switch
    {
        null => null,
        JsonArray list => string.Join(", ", list.Select(Show)),
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => value.ToJsonString(),
    };
}
