using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>Reads a recipe, naming everything that is wrong with its form, not only the first thing.</summary>
internal static class RecipeReader
{
    public static TrainingRecipe? Read(string json, RecipeSchema schema, List<Problem> found)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject fields) found.Add(Wrong("", "The recipe must be a JSON object."));
            else Check(fields, schema, "", found);
            return found.Count > 0 ? null : JsonSerializer.Deserialize<TrainingRecipe>(json, schema.Json);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // InvalidOperationException: a name with half of a surrogate pair.
            found.Add(Wrong("", $"The recipe is not valid JSON: {e.Message}"));
            return null;
        }
    }

    private static void Check(JsonObject fields, RecipeSchema schema, string prefix, List<Problem> found)
    {
        foreach (var (name, value) in fields)
        {
            var full = prefix + name;
            if (prefix.Length == 0 && schema.IsGroup(name))
            {
                if (value is JsonObject inner) Check(inner, schema, full + ".", found);
                else found.Add(Wrong(full, value is null ? $"{full} must not be null." : $"{full} must be of another form."));
            }
            else if (schema.Find(prefix, name) is not { } field)
            {
                found.Add(new Problem("unknown_field", full, ProblemSeverity.Error, $"There is no setting named {full}.", full));
            }
            else if (Refusal(value, field) is { } reason)
            {
                found.Add(Wrong(full, $"{full} {reason}."));
            }
        }
    }

    private static string? Refusal(JsonNode? value, RecipeField field)
    {
        if (value is null) return field.AllowsNull ? null : "must not be null";
        try
        {
            value.Deserialize(field.ValueType, RecipeValues.Json);
            return null;
        }
        catch (JsonException e)
        {
            var isOurs = e.Message.StartsWith("must be", StringComparison.Ordinal);
            return isOurs ? e.Message.Split(" Path:")[0].TrimEnd('.') : $"must be {Expected(field.Kind)}";
        }
        catch (InvalidOperationException)
        {
            return "is not valid Unicode text (half of a surrogate pair)";
        }
    }

    private static string Expected(SettingKind kind) => kind switch
    {
        SettingKind.WholeNumber => "a whole number",
        SettingKind.Number => "a number",
        SettingKind.Flag => "true or false",
        SettingKind.Text => "text",
        _ => "of another form",
    };

    private static Problem Wrong(string field, string message) => new("wrong_form", field, ProblemSeverity.Error, message, field);
}
