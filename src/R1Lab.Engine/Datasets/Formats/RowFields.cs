using System.Text;
using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Why an object is no row; ends as the reason of a <see cref="BadLine"/>.</summary>
internal sealed class RowFieldException(Fault fault) : Exception(fault.Message)
{
    public RowFieldException(string code, FormattableString message) : this(Fault.Of(code, message)) { }

    public Fault Fault => fault;
}

/// <summary>Reads the fields of a row, or says what keeps them from being read.</summary>
internal static class RowFields
{
    public static JsonElement Field(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) ? value : throw new RowFieldException("row_field_missing", $"field {name} is missing");

    /// <summary>Text that is not blank.</summary>
    public static string Text(JsonElement row, string name)
    {
        var text = StringOf(Field(row, name), name);
        return string.IsNullOrWhiteSpace(text) ? throw new RowFieldException("row_field_empty", $"field {name} is empty") : text;
    }

    /// <summary>Text, or null where the field is missing, null or empty.</summary>
    public static string? OptionalText(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null && StringOf(value, name) is { Length: > 0 } text ? text : null;

    public static string StringOf(JsonElement value, string name) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new RowFieldException("row_field_not_text", $"field {name} must be text, is {KindOf(value.ValueKind)}");

    public static IEnumerable<JsonElement> Items(JsonElement value, string name) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray()
        : throw new RowFieldException("row_field_not_list", $"field {name} must be a list, is {KindOf(value.ValueKind)}");

    /// <summary>A list, which many files write as text that holds JSON; null where it is missing or empty.</summary>
    /// <param name="field">The field's name for messages.</param>
    public static JsonElement? OptionalList(JsonElement row, string name, string field)
    {
        if (!row.TryGetProperty(name, out var value) || RowKeys.IsEmpty(value)) return null;
        if (value.ValueKind == JsonValueKind.String) value = Parsed(value.GetString()!, field);
        if (value.ValueKind != JsonValueKind.Array) throw new RowFieldException("row_field_not_list", $"field {field} must be a list, is {KindOf(value.ValueKind)}");
        return value.GetArrayLength() == 0 ? null : value;
    }

    /// <summary>JSON that stands in text, under the rules of a line: no key twice, no half of a character, not too deep.</summary>
    public static JsonElement Parsed(string json, string field)
    {
        var wrapped = Encoding.UTF8.GetBytes($"{{\"value\":{json}}}");
        if (JsonObjectLine.Check(wrapped) is not null) throw new RowFieldException("row_field_not_json", $"field {field} must be a list, is text that is no JSON");
        using var document = JsonDocument.Parse(wrapped);
        return document.RootElement.GetProperty("value").Clone();
    }

    public static JsonKind KindOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Null => JsonKind.Null,
        JsonValueKind.Number => JsonKind.Number,
        JsonValueKind.Array => JsonKind.List,
        JsonValueKind.Object => JsonKind.Object,
        JsonValueKind.String => JsonKind.Text,
        _ => JsonKind.Boolean,
    };
}
