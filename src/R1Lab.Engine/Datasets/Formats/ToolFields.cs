using System.Text;
using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Descriptions of functions and calls of them, brought into the form of the OpenAI API.</summary>
internal static class ToolFields
{
    /// <summary>The functions a conversation may call, as a JSON array; null for none. Bare descriptions get their <c>type</c>.</summary>
    public static string? Definitions(JsonElement row)
    {
        if (RowFields.OptionalList(row, "tools", "tools") is not { } tools) return null;
        return "[" + string.Join(',', tools.EnumerateArray().Select(Definition)) + "]";
    }

    /// <summary>The calls of an assistant's turn, as a JSON array; null for none.</summary>
    public static string? Calls(JsonElement message, string within) =>
        RowFields.OptionalList(message, "tool_calls", $"{within}.tool_calls") is { } calls ? Written(calls.EnumerateArray(), $"{within}.tool_calls") : null;

    /// <summary>The calls that a turn's text writes, as an object or a list of them.</summary>
    public static string CallsOf(string json, string field)
    {
        var value = RowFields.Parsed(json, field);
        return Written(value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value], field);
    }

    private static string Definition(JsonElement tool)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw new RowFieldException("row_tools_objects", $"field tools must hold objects, holds {RowFields.KindOf(tool.ValueKind)}");
        if (tool.TryGetProperty("function", out _)) return tool.GetRawText();
        return tool.TryGetProperty("name", out _) ? $"{{\"type\":\"function\",\"function\":{tool.GetRawText()}}}" : throw new RowFieldException("row_tools_name", $"field tools: a function has no name");
    }

    private static string Written(IEnumerable<JsonElement> calls, string field) => "[" + string.Join(',', calls.Select(call => Call(call, field))) + "]";

    private static string Call(JsonElement call, string field)
    {
        if (call.ValueKind != JsonValueKind.Object) throw new RowFieldException("row_calls_objects", $"field {field} must hold objects, holds {RowFields.KindOf(call.ValueKind)}");
        var function = call.TryGetProperty("function", out var inner) ? inner : call;
        if (function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            throw new RowFieldException("row_calls_name", $"field {field}: a call names no function");
        var written = new StringBuilder("{");
        if (RowFields.OptionalText(call, "id") is { } id) written.Append("\"id\":").Append(RowLine.Quote(id)).Append(',');
        var arguments = function.TryGetProperty("arguments", out var given) ? given.GetRawText() : "{}";
        return written.Append("\"type\":\"function\",\"function\":{\"name\":").Append(RowLine.Quote(name.GetString()!)).Append(",\"arguments\":").Append(arguments).Append("}}").ToString();
    }
}
