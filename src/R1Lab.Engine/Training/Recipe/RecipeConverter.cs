using System.Text.Json;
using System.Text.Json.Serialization;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>A recipe as one JSON object with a member per setting; settings with a dot in their name stand in an object.</summary>
internal sealed class RecipeConverter(RecipeSchema schema) : JsonConverter<TrainingRecipe>
{
    public override TrainingRecipe Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Read(ref reader, new TrainingRecipe(), "", options);

    public override void Write(Utf8JsonWriter writer, TrainingRecipe value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, fields) in schema.Members)
        {
            if (fields is [{ } field] && field.Name == name)
            {
                Write(writer, name, field, value, options);
                continue;
            }

            writer.WriteStartObject(name);
            foreach (var inner in fields) Write(writer, inner.Name[(name.Length + 1)..], inner, value, options);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void Write(Utf8JsonWriter writer, string name, RecipeField field, TrainingRecipe recipe, JsonSerializerOptions options)
    {
        var leavesOut = options.DefaultIgnoreCondition == JsonIgnoreCondition.WhenWritingNull && !schema.WritesNull(field);
        if (leavesOut && field.Read(recipe) is null) return;
        writer.WritePropertyName(name);
        field.Write(writer, recipe, options);
    }

    private TrainingRecipe Read(ref Utf8JsonReader reader, TrainingRecipe recipe, string prefix, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException($"{prefix.TrimEnd('.')} must be an object.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!seen.Add(name)) throw new JsonException($"{prefix}{name} is given twice.");
            if (prefix.Length == 0 && schema.IsGroup(name)) recipe = Read(ref reader, recipe, name + ".", options);
            else if (schema.Find(prefix, name) is { } field) recipe = field.Read(ref reader, recipe, options);
            else if (options.UnmappedMemberHandling == JsonUnmappedMemberHandling.Skip) reader.Skip();
            else throw new JsonException($"There is no setting named {prefix}{name}.");
        }

        return recipe;
    }
}
