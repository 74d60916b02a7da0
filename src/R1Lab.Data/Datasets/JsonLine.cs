using System.Globalization;
using System.Text;
using System.Text.Json;

namespace R1Lab.Data.Datasets;

/// <summary>Writes rows as JSON lines and changes single values in a line without touching its other bytes.</summary>
public static class JsonLine
{
    /// <summary>The line of a row that never stood in a file.</summary>
    public static string Write(string format, NewRow row) => format == DatasetFormats.InputIds
        ? row.Labels is null ? $"{{\"input_ids\": {row.InputIds}}}" : $"{{\"input_ids\": {row.InputIds}, \"labels\": {row.Labels}}}"
        : $"{{\"prompt\": {Quote(row.Prompt)}, \"response\": {Quote(row.Response)}}}";

    /// <summary>The line <paramref name="raw"/> with what differs between the stored row and the new values replaced.</summary>
    public static string Change(string format, DatasetRowEntity stored, NewRow changed)
    {
        var raw = stored.Raw;
        if (format == DatasetFormats.InputIds)
        {
            if (changed.InputIds != stored.InputIds) raw = Replace(raw, "input_ids", changed.InputIds ?? "[]");
            return changed.Labels == stored.Labels ? raw : Replace(raw, "labels", changed.Labels ?? "null");
        }

        if (changed.Prompt != stored.Prompt) raw = Replace(raw, "prompt", Quote(changed.Prompt));
        return changed.Response == stored.Response ? raw : Replace(raw, "response", Quote(changed.Response));
    }

    /// <summary>A JSON string that escapes only what JSON demands, so that text stays readable in the file.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>Replaces the value of a top-level field, or appends the field when the object has none of that name.</summary>
    private static string Replace(string raw, string field, string json)
    {
        var bytes = Encoding.UTF8.GetBytes(raw);
        var (start, end, close, empty) = Find(bytes, field);
        return start >= 0
            ? Splice(bytes, start, end, json)
            : Splice(bytes, close, close, $"{(empty ? "" : ", ")}{Quote(field)}: {json}");
    }

    private static (int Start, int End, int Close, bool Empty) Find(byte[] bytes, string field)
    {
        var reader = new Utf8JsonReader(bytes);
        var (start, end, close, empty) = (-1, -1, bytes.Length, true);
        while (reader.Read())
        {
            if (reader is { TokenType: JsonTokenType.EndObject, CurrentDepth: 0 }) close = (int)reader.TokenStartIndex;
            if (reader is not { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 }) continue;
            empty = false;
            var wanted = reader.ValueTextEquals(field);
            reader.Read();
            var from = (int)reader.TokenStartIndex;
            reader.Skip();
            if (wanted) (start, end) = (from, (int)reader.BytesConsumed);
        }

        return (start, end, close, empty);
    }

    private static string Splice(byte[] bytes, int start, int end, string json) =>
        Encoding.UTF8.GetString(bytes.AsSpan(0, start)) + json + Encoding.UTF8.GetString(bytes.AsSpan(end));
}
