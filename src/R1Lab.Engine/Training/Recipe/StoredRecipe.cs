using System.Text.Json.Nodes;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>Recipes as they were stored, perhaps by an earlier version.</summary>
public static class StoredRecipe
{
    /// <summary>The recipe with its values written as today; members and their order stay, those of no setting too.</summary>
    public static JsonObject Rewritten(string json, RecipeSchema schema) => Rewritten(JsonNode.Parse(json)!.AsObject(), schema, "");

    private static JsonObject Rewritten(JsonObject stored, RecipeSchema schema, string prefix) =>
        new(stored.Select(member => KeyValuePair.Create(member.Key, MemberOf(member, schema, prefix))));

    private static JsonNode? MemberOf(KeyValuePair<string, JsonNode?> member, RecipeSchema schema, string prefix) =>
        member.Value is JsonObject inner && prefix.Length == 0 && schema.IsGroup(member.Key)
            ? Rewritten(inner, schema, member.Key + ".")
            : Rewritten(member.Value, schema.Find(prefix, member.Key));

    private static JsonNode? Rewritten(JsonNode? value, RecipeField? field) =>
        value is not null && field?.WithJson(TrainingRecipe.Initial, value) is { } recipe ? field.ReadJson(recipe) : value?.DeepClone();
}
