using System.Text;
using System.Text.Json;

namespace R1Lab.Engine.Datasets;

/// <summary>Turns one sound JSON object into a row of the asked format, or says which field keeps it from being one.</summary>
internal static class RowReader
{
    public static DatasetRow? Read(ReadOnlyMemory<byte> line, DatasetFormat format, out string? reason)
    {
        using var document = JsonDocument.Parse(line);
        try
        {
            reason = null;
            return Read(document.RootElement, format) with { Raw = Encoding.UTF8.GetString(line.Span) };
        }
        catch (FieldException e)
        {
            reason = e.Message;
            return null;
        }
    }

    private static DatasetRow Read(JsonElement row, DatasetFormat format) => format switch
    {
        DatasetFormat.PromptResponse => new DatasetRow(Text(row, "prompt"), Text(row, "response")),
        DatasetFormat.PromptCompletion => new DatasetRow(Text(row, "prompt"), Text(row, "completion")),
        DatasetFormat.Alpaca => Alpaca(row),
        DatasetFormat.Messages => Messages(row),
        DatasetFormat.InputIds => new DatasetRow("", "") { Tokens = Tokens(row) },
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no format of rows"),
    };

    private static DatasetRow Alpaca(JsonElement row)
    {
        var (instruction, input) = (Text(row, "instruction"), OptionalText(row, "input"));
        var context = new List<DatasetTurn>();
        if (OptionalText(row, "system") is { } system) context.Add(new DatasetTurn("system", system));
        if (row.TryGetProperty("history", out var history) && history.ValueKind != JsonValueKind.Null)
        {
            foreach (var pair in Items(history, "history"))
            {
                var turns = Items(pair, "history").Select(turn => StringOf(turn, "history")).ToArray();
                if (turns.Length != 2) throw new FieldException("field history must hold pairs of question and answer");
                context.Add(new DatasetTurn("user", turns[0]));
                context.Add(new DatasetTurn("assistant", turns[1]));
            }
        }

        return new DatasetRow(input is null ? instruction : $"{instruction}\n{input}", Text(row, "output")) { Context = context };
    }

    private static DatasetRow Messages(JsonElement row)
    {
        var turns = Items(Field(row, "messages"), "messages").Select(Turn).ToList();
        if (turns.Count < 2 || turns[^1].Role != "assistant" || turns[^2].Role != "user")
            throw new FieldException("field messages must end with a user turn and an assistant turn");
        return new DatasetRow(turns[^2].Content, turns[^1].Content) { Context = turns.GetRange(0, turns.Count - 2) };
    }

    private static DatasetTurn Turn(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object) throw new FieldException("field messages must hold objects with role and content");
        var role = Text(message, "role");
        return role is "system" or "user" or "assistant"
            ? new DatasetTurn(role, Text(message, "content"))
            : throw new FieldException($"field messages: role {role} is not supported");
    }

    private static TokenExample Tokens(JsonElement row)
    {
        var (ids, labels) = (Integers(row, "input_ids", 0), Integers(row, "labels", TokenExample.NotTrained));
        if (ids.Length != labels.Length) throw new FieldException($"input_ids has {ids.Length} entries and labels has {labels.Length}");
        if (ids.Length == 0) throw new FieldException("field input_ids is empty");
        return new TokenExample(ids, labels);
    }

    private static int[] Integers(JsonElement row, string name, int least) =>
        [.. Items(Field(row, name), name).Select((item, i) =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && (id >= 0 || id == least)
                ? id
                : throw new FieldException($"field {name}, entry {i + 1}: {Shorten(item.GetRawText())} is no token id"))];

    private static string Shorten(string text) => text.Length <= 40 ? text : string.Concat(text.AsSpan(0, 40), "...");

    private static IEnumerable<JsonElement> Items(JsonElement value, string name) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray()
        : throw new FieldException($"field {name} must be a list, is {KindOf(value.ValueKind)}");

    private static JsonElement Field(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) ? value : throw new FieldException($"field {name} is missing");

    private static string Text(JsonElement row, string name)
    {
        var text = StringOf(Field(row, name), name);
        return string.IsNullOrWhiteSpace(text) ? throw new FieldException($"field {name} is empty") : text;
    }

    private static string? OptionalText(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null && StringOf(value, name) is { Length: > 0 } text ? text : null;

    private static string StringOf(JsonElement value, string name) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new FieldException($"field {name} must be text, is {KindOf(value.ValueKind)}");

    private static string KindOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Number => "a number",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "text",
        _ => "true or false",
    };

    /// <summary>Leaves the nested readers with the reason for a bad row; never leaves this file.</summary>
    private sealed class FieldException(string message) : Exception(message);
}
