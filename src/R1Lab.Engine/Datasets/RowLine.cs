using System.Globalization;
using System.Text;
using System.Text.Json;
using R1Lab.Engine.Datasets.Formats;

namespace R1Lab.Engine.Datasets;

/// <summary>Writes rows as JSON lines, and changes single values in a line without touching its other bytes.</summary>
public static class RowLine
{
    /// <summary>The line of a row that never stood in a file.</summary>
    /// <param name="format">What the lines of the dataset are like; a row that <see cref="DatasetFormat.PromptResponse"/> cannot hold is written as messages.</param>
    public static string Write(DatasetFormat format, DatasetRow row)
    {
        if (format != DatasetFormat.PromptResponse || row is not ConversationRow { IsSingle: true } single) return RowContent.Write(row);
        var system = SystemOf(single) is { } text ? $", \"system\": {Quote(text)}" : "";
        return $"{{\"prompt\": {Quote(single.Prompt)}, \"response\": {Quote(single.Response)}{system}}}";
    }

    /// <summary>The line <paramref name="raw"/> of <paramref name="stored"/> with the values of <paramref name="changed"/>; fields that are no part of the row stay as they are.</summary>
    /// <param name="format">What the lines of the dataset are like.</param>
    public static string Change(DatasetFormat format, string raw, DatasetRow stored, DatasetRow changed)
    {
        if (RowContent.Write(stored) == RowContent.Write(changed)) return raw;
        return Edit(raw, (stored, changed) switch
        {
            (TokenRow one, TokenRow other) => Tokens(one.Example, other.Example),
            (ConversationRow { IsSingle: true } one, ConversationRow { IsSingle: true } other) when format == DatasetFormat.PromptResponse => Texts(one, other),
            (_, ConversationRow other) => Messages(other),
            _ => throw new ArgumentException("A conversation cannot become token ids.", nameof(changed)),
        });
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
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                < ' ' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static string? SystemOf(ConversationRow row) => row.Turns[0].Role == DatasetTurn.System ? row.Turns[0].Content : null;

    private static Dictionary<string, string?> Tokens(TokenExample stored, TokenExample changed)
    {
        var values = new Dictionary<string, string?>();
        if (!stored.InputIds.SequenceEqual(changed.InputIds)) values["input_ids"] = $"[{string.Join(", ", changed.InputIds)}]";
        if (!stored.Labels.SequenceEqual(changed.Labels)) values["labels"] = $"[{string.Join(", ", changed.Labels)}]";
        return values;
    }

    private static Dictionary<string, string?> Texts(ConversationRow stored, ConversationRow changed)
    {
        var values = new Dictionary<string, string?>();
        if (stored.Prompt != changed.Prompt) values["prompt"] = Quote(changed.Prompt);
        if (SystemOf(stored) != SystemOf(changed)) values["system"] = SystemOf(changed) is { } text ? Quote(text) : null;
        if (stored.Response == changed.Response) return values;
        values["response"] = Quote(changed.Response);
        foreach (var field in RowThoughts.Fields) values[field] = null; // the thought now stands in the response
        return values;
    }

    private static Dictionary<string, string?> Messages(ConversationRow changed)
    {
        using var written = JsonDocument.Parse(RowContent.Write(changed));
        return new()
        {
            ["messages"] = written.RootElement.GetProperty("messages").GetRawText(),
            ["tools"] = changed.Tools,
            ["system"] = null,
            ["prompt"] = null,
            ["response"] = null,
        };
    }

    /// <summary>Replaces the values of top-level fields, appends those that the object lacks and removes those that shall be null.</summary>
    private static string Edit(string raw, Dictionary<string, string?> values)
    {
        var bytes = Encoding.UTF8.GetBytes(raw);
        var (fields, close) = FieldsOf(bytes);
        var kept = fields.Where(field => !values.TryGetValue(field.Name, out var value) || value is not null).ToList();
        var written = new StringBuilder(Text(bytes, 0, fields.Count == 0 ? close : fields[0].Start));
        foreach (var (at, field) in kept.Index())
        {
            if (at > 0) written.Append(field.Before);
            written.Append(Text(bytes, field.Start, field.Value)).Append(values.GetValueOrDefault(field.Name) ?? Text(bytes, field.Value, field.End));
        }

        var count = kept.Count;
        foreach (var (name, value) in values)
        {
            if (value is null || fields.Exists(field => field.Name == name)) continue;
            written.Append(count++ == 0 ? "" : ", ").Append(Quote(name)).Append(": ").Append(value);
        }

        return written.Append(Text(bytes, fields.Count == 0 ? close : fields[^1].End, bytes.Length)).ToString();
    }

    private static (List<Field> Fields, int Close) FieldsOf(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        var (fields, close, last) = (new List<Field>(), bytes.Length, 0);
        while (reader.Read())
        {
            if (reader is { TokenType: JsonTokenType.EndObject, CurrentDepth: 0 }) close = (int)reader.TokenStartIndex;
            if (reader is not { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 }) continue;
            var (name, start) = (reader.GetString()!, (int)reader.TokenStartIndex);
            reader.Read();
            var value = (int)reader.TokenStartIndex;
            reader.Skip();
            fields.Add(new Field(name, Text(bytes, last, start), start, value, (int)reader.BytesConsumed));
            last = (int)reader.BytesConsumed;
        }

        return (fields, close);
    }

    private static string Text(byte[] bytes, int from, int to) => Encoding.UTF8.GetString(bytes.AsSpan(from, to - from));

    /// <param name="Before">What stands between the field before and this one: a comma and spaces.</param>
    /// <param name="Start">Where the name begins.</param>
    /// <param name="Value">Where the value begins.</param>
    private sealed record Field(string Name, string Before, int Start, int Value, int End);
}
