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
            reason = RowKeys.Refusal(document.RootElement);
            if (reason is not null) return null;
            var row = WithSystem(Read(document.RootElement, format), document.RootElement, format);
            var own = format is DatasetFormat.InputIds or DatasetFormat.Messages ? null : Thought(document.RootElement, null);
            var response = own is null ? row.Response : Joined(own, row.Response);
            return row with
            {
                Response = response,
                Raw = response == row.Response ? Encoding.UTF8.GetString(line.Span) : null,
                Ignored = [.. row.Ignored, .. RowKeys.Unknown(document.RootElement, [.. Used(format), .. RowKeys.Thought, "system"])],
            };
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

    private static string[] Used(DatasetFormat format) => format switch
    {
        DatasetFormat.PromptResponse => ["prompt", "response"],
        DatasetFormat.PromptCompletion => ["prompt", "completion"],
        DatasetFormat.Alpaca => ["instruction", "input", "output", "history"],
        DatasetFormat.Messages => ["messages"],
        _ => ["input_ids", "labels"],
    };

    // A system text in a field of its own stands before every turn.
    private static DatasetRow WithSystem(DatasetRow row, JsonElement fields, DatasetFormat format)
    {
        if (format is DatasetFormat.Alpaca or DatasetFormat.InputIds || OptionalText(fields, "system") is not { } system) return row;
        if (row.Context.Any(turn => turn.Role == "system")) throw new FieldException("field system: there is a system text among the messages too");
        return row with { Context = [new DatasetTurn("system", system), .. row.Context] };
    }

    /// <summary>The thought that stands in a field of its own; null for none.</summary>
    private static string? Thought(JsonElement fields, string? within)
    {
        string? thought = null;
        foreach (var name in RowKeys.Thought)
        {
            var field = within is null ? name : $"{within}.{name}";
            if (!fields.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null || StringOf(value, field) is not { } text || string.IsNullOrWhiteSpace(text)) continue;
            if (thought is not null && thought != text) throw new FieldException($"field {field}: another thought stands in a second field");
            thought = text;
        }

        return thought;
    }

    // As the templates of thinking models write it. Some files have the thought in both places.
    private static string Joined(string thought, string answer)
    {
        var parts = ResponseParts.Of(answer);
        if (parts.Closer.Length == 0) return $"{ResponseParts.Open}\n{thought.Trim('\n')}\n{ResponseParts.Close}\n\n{answer.TrimStart('\n')}";
        return parts.Thought.Trim() == thought.Trim() ? answer : throw new FieldException("another thought stands in a field of its own than in the answer");
    }

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
        var messages = Items(Field(row, "messages"), "messages").ToList();
        var turns = messages.ConvertAll(Turn);
        if (turns.Count < 2 || turns[^1].Role != "assistant" || turns[^2].Role != "user")
            throw new FieldException("field messages must end with a user turn and an assistant turn");
        return new DatasetRow(turns[^2].Content, turns[^1].Content)
        {
            Context = turns.GetRange(0, turns.Count - 2),
            Ignored = [.. messages.SelectMany(message => RowKeys.Unknown(message, [.. RowKeys.Thought, "role", "content"], "messages")).Distinct()],
        };
    }

    private static DatasetTurn Turn(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object) throw new FieldException("field messages must hold objects with role and content");
        var role = Text(message, "role");
        if (role is not ("system" or "user" or "assistant")) throw new FieldException($"field messages: role {role} is not supported");
        if (RowKeys.Refusal(message, "messages", learned: role == "assistant") is { } reason) throw new FieldException(reason);
        var content = Text(message, "content");
        return new DatasetTurn(role, role == "assistant" && Thought(message, "messages") is { } thought ? Joined(thought, content) : content);
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
