using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Adapters;

namespace R1Lab.Engine.Training;

public sealed partial record TrainingRecipe
{
    /// <summary>snake_case, enums by name, unknown fields are errors.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        AllowDuplicateProperties = false,
        IgnoreReadOnlyProperties = true,
        Converters = { new TextOrNumberConverter(), new NameListConverter() },
    };

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads a recipe, naming everything that is wrong with it, not only the first thing.</summary>
    /// <returns>The recipe, or null when <paramref name="problems"/> holds errors of the form; settings that disagree are told by <see cref="Problems(RunLength?, long?)"/>.</returns>
    public static TrainingRecipe? Parse(string json, out IReadOnlyList<Problem> problems)
    {
        var found = new List<Problem>();
        problems = found;
        try
        {
            if (JsonNode.Parse(json) is not JsonObject fields) found.Add(Wrong("", "The recipe must be a JSON object."));
            else Check(fields, typeof(TrainingRecipe), "", found);
            return found.Count > 0 ? null : JsonSerializer.Deserialize<TrainingRecipe>(json, Json);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException) // the last: a name with half of a surrogate pair
        {
            found.Add(Wrong("", $"The recipe is not valid JSON: {e.Message}"));
            return null;
        }
    }

    /// <summary>Reads the recipe of a run that is to begin: what it does not say is as in <see cref="Initial"/>.</summary>
    /// <inheritdoc cref="Parse(string, out IReadOnlyList{Problem})"/>
    public static TrainingRecipe? ParseNew(string json, out IReadOnlyList<Problem> problems) =>
        Parse(json, out problems) is { } recipe ? JsonNode.Parse(json)!.AsObject().ContainsKey("epoch_end") ? recipe : recipe with { EpochEnd = Initial.EpochEnd } : null;

    private static void Check(JsonObject fields, Type type, string prefix, List<Problem> found)
    {
        var known = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)
            .ToDictionary(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
        foreach (var (name, value) in fields)
        {
            var field = prefix + name;
            if (!known.TryGetValue(name, out var property))
                found.Add(new Problem("unknown_field", field, ProblemSeverity.Error, $"There is no setting named {field}.", field));
            else if (value is JsonObject inner && (property.PropertyType == typeof(LoraSettings) || property.PropertyType == typeof(SchedulerSettings)))
                Check(inner, property.PropertyType, field + ".", found);
            else if (Refusal(value, property) is { } reason)
                found.Add(Wrong(field, $"{field} {reason}."));
        }
    }

    private static string? Refusal(JsonNode? value, PropertyInfo property)
    {
        if (value is null) return new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable ? null : "must not be null";
        try
        {
            value.Deserialize(property.PropertyType, Json);
            return null;
        }
        catch (JsonException e)
        {
            return e.Message.StartsWith("must be", StringComparison.Ordinal) ? e.Message.Split(" Path:")[0].TrimEnd('.') : $"must be {Expected(property.PropertyType)}";
        }
        catch (InvalidOperationException)
        {
            return "is not valid Unicode text (half of a surrogate pair)";
        }
    }

    private static string Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(int) || type == typeof(long)) return "a whole number";
        if (type == typeof(double)) return "a number";
        if (type == typeof(bool)) return "true or false";
        return type == typeof(string) ? "text" : "of another form";
    }

    private static Problem Wrong(string field, string message) => new("wrong_form", field, ProblemSeverity.Error, message, field);

    /// <summary>A dataset may be given by its number.</summary>
    private sealed class TextOrNumberConverter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number when reader.TryGetInt64(out var number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => throw new JsonException("must be text"),
        };

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }

    /// <summary>Modules may be given as a list, as text with commas, or as <c>all-linear</c>.</summary>
    private sealed class NameListConverter : JsonConverter<IReadOnlyList<string>>
    {
        public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
                return reader.GetString()!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("must be a list of names");
            var names = new List<string>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                names.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("must be a list of names"));
            return names;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var name in value) writer.WriteStringValue(name);
            writer.WriteEndArray();
        }
    }
}
