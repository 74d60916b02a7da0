using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>A conversation as the OpenAI API writes it: <c>messages</c> with role and content, and the <c>tools</c> beside them.</summary>
internal sealed class MessagesFormat : IRowFormat
{
    private static readonly string[] Known = ["role", "content", "tool_calls", "tool_call_id", "name", .. RowThoughts.Fields];

    public DatasetFormat Format => DatasetFormat.Messages;

    public IReadOnlyList<string> Required { get; } = ["messages"];

    public IReadOnlyList<string> Optional { get; } = ["system", "tools"];

    public DatasetRow Read(JsonElement row)
    {
        var messages = RowFields.Items(RowFields.Field(row, "messages"), "messages").ToList();
        return Conversations.Of(row, "messages", messages.ConvertAll(Turn)) with
        {
            Ignored = [.. messages.SelectMany(message => RowKeys.Unknown(message, Known, "messages")).Distinct()],
        };
    }

    private static DatasetTurn Turn(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object) throw new RowFieldException("row_messages_objects", $"field messages must hold objects with role and content");
        var role = Role(RowFields.Text(message, "role"));
        if (RowKeys.Refusal(message, "messages") is { } reason) throw new RowFieldException(reason);
        var calls = role == DatasetTurn.Assistant ? ToolFields.Calls(message, "messages") : null;
        var content = Content(message, mayBeEmpty: calls is not null || role == DatasetTurn.Tool);
        return new DatasetTurn(role, role == DatasetTurn.Assistant ? RowThoughts.Joined(message, content, "messages") : content)
        {
            IsLearned = role != DatasetTurn.Assistant || RowKeys.IsLearned(message),
            ToolCalls = calls,
            ToolCallId = role == DatasetTurn.Tool ? RowFields.OptionalText(message, "tool_call_id") : null,
            Name = RowFields.OptionalText(message, "name"),
        };
    }

    private static string Role(string role) => role switch
    {
        DatasetTurn.System or DatasetTurn.User or DatasetTurn.Assistant or DatasetTurn.Tool => role,
        "developer" => DatasetTurn.System,
        "function" => DatasetTurn.Tool,
        _ => throw new RowFieldException("row_role", $"field messages: role {role} is not supported"),
    };

    // Text, or a list of parts that are text.
    private static string Content(JsonElement message, bool mayBeEmpty)
    {
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null)
            return mayBeEmpty ? "" : RowFields.Text(message, "content");
        var text = content.ValueKind == JsonValueKind.Array ? string.Concat(content.EnumerateArray().Select(Part)) : RowFields.StringOf(content, "content");
        return mayBeEmpty || !string.IsNullOrWhiteSpace(text) ? text : throw new RowFieldException("row_field_empty", $"field {"content"} is empty");
    }

    private static string Part(JsonElement part)
    {
        if (part.ValueKind == JsonValueKind.String) return part.GetString()!;
        if (part.ValueKind != JsonValueKind.Object) throw new RowFieldException("row_parts", $"field messages.content must hold text or parts, holds {RowFields.KindOf(part.ValueKind)}");
        var type = RowFields.OptionalText(part, "type") ?? "text";
        return type is "text" or "input_text" or "output_text"
            ? RowFields.StringOf(RowFields.Field(part, "text"), "messages.content.text")
            : throw new RowFieldException("row_part_type", $"field messages.content: parts of type {type} cannot be imported yet");
    }
}
