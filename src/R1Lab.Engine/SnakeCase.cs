using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace R1Lab.Engine;

/// <summary>The snake_case spelling of enum values, as Hugging Face writes its settings; <see cref="JsonStringEnumMemberNameAttribute"/> gives another.</summary>
public static class SnakeCase
{
    public static string Of<T>(T value) where T : struct, Enum => Given(value) ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The value so spelled; null when there is none.</summary>
    public static T? Parse<T>(string name) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Of(value) == name) return value;
        }

        return null;
    }

    /// <summary>The value so spelled in stored JSON, where it may have the name that an earlier version gave it; null when there is none.</summary>
    public static T? ParseStored<T>(string name) where T : struct, Enum
    {
        if (Parse<T>(name) is { } value) return value;
        foreach (var renamed in Enum.GetValues<T>())
        {
            if (typeof(T).GetField(renamed.ToString())?.GetCustomAttribute<FormerNameAttribute>()?.Name == name) return renamed;
        }

        return null;
    }

    public static IEnumerable<string> Names<T>() where T : struct, Enum => Enum.GetValues<T>().Select(Of);

    private static string? Given<T>(T value) where T : struct, Enum =>
        typeof(T).GetField(value.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name;
}

/// <summary>Reads and writes an enum by its snake_case name; numbers and unknown names are refused with the list of good ones.</summary>
public sealed class SnakeCaseEnumConverter<T> : JsonConverter<T> where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var name = reader.TokenType == JsonTokenType.String ? reader.GetString()! : null;
        return (name is null ? null : SnakeCase.ParseStored<T>(name))
            ?? throw new JsonException($"must be one of {string.Join(", ", SnakeCase.Names<T>())}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(SnakeCase.Of(value));
}
