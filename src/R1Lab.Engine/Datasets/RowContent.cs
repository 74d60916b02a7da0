using System.Text;
using System.Text.Json;

namespace R1Lab.Engine.Datasets;

/// <summary>What a row holds.</summary>
public enum RowKind
{
    /// <summary>Turns of a conversation (<see cref="ConversationRow"/>).</summary>
    Conversation,

    /// <summary>Token ids (<see cref="TokenRow"/>).</summary>
    Tokens,
}

/// <summary>
/// A row in the one form in which it is stored: what is learned and nothing else, in a fixed order of keys and without spaces, so that two rows
/// of equal text are equal here, whatever file they came from.
/// </summary>
public static class RowContent
{
    /// <summary>The kind of a row.</summary>
    public static RowKind KindOf(DatasetRow row) => row is TokenRow ? RowKind.Tokens : RowKind.Conversation;

    /// <summary>
    /// A JSON object: <c>{"messages":[{"role","content","name"?,"tool_call_id"?,"tool_calls"?,"train"?}],"tools"?}</c> or
    /// <c>{"input_ids","labels"}</c>.
    /// </summary>
    public static string Write(DatasetRow row) => row switch
    {
        ConversationRow conversation => Write(conversation),
        TokenRow tokens => $"{{\"input_ids\":[{string.Join(',', tokens.Example.InputIds)}],\"labels\":[{string.Join(',', tokens.Example.Labels)}]}}",
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "no stored form"),
    };

    /// <summary>The row that <see cref="Write(DatasetRow)"/> has written.</summary>
    public static DatasetRow Read(RowKind kind, string content)
    {
        using var document = JsonDocument.Parse(content);
        var root = document.RootElement;
        if (kind == RowKind.Tokens) return new TokenRow(new TokenExample(Integers(root, "input_ids"), Integers(root, "labels")));
        return new ConversationRow([.. root.GetProperty("messages").EnumerateArray().Select(Turn)]) { Tools = Json(root, "tools") };
    }

    /// <summary>What a search for text looks through: the texts of a conversation, or the token ids as they are written.</summary>
    public static string SearchText(DatasetRow row) => row is ConversationRow conversation
        ? string.Join('\n', conversation.Turns.Select(turn => turn.ToolCalls is null ? turn.Content : $"{turn.Content}\n{turn.ToolCalls}"))
        : Write(row);

    private static string Write(ConversationRow row)
    {
        var written = new StringBuilder("{\"messages\":[");
        foreach (var (at, turn) in row.Turns.Index())
        {
            if (at > 0) written.Append(',');
            written.Append("{\"role\":").Append(RowLine.Quote(turn.Role)).Append(",\"content\":").Append(RowLine.Quote(turn.Content));
            if (turn.Name is not null) written.Append(",\"name\":").Append(RowLine.Quote(turn.Name));
            if (turn.ToolCallId is not null) written.Append(",\"tool_call_id\":").Append(RowLine.Quote(turn.ToolCallId));
            if (turn.ToolCalls is not null) written.Append(",\"tool_calls\":").Append(OnOneLine(turn.ToolCalls));
            if (!turn.IsLearned) written.Append(",\"train\":false");
            written.Append('}');
        }

        written.Append(']');
        if (row.Tools is not null) written.Append(",\"tools\":").Append(OnOneLine(row.Tools));
        return written.Append('}').ToString();
    }

    // White space between the parts of JSON says nothing, and a line end there would cut the row's line in two.
    private static string OnOneLine(string json)
    {
        var (written, inText, escaped) = (new StringBuilder(json.Length), false, false);
        foreach (var letter in json)
        {
            if (!inText && letter is (' ' or '\t' or '\r' or '\n')) continue;
            written.Append(letter);
            if (letter == '"' && !escaped) inText = !inText;
            escaped = inText && letter == '\\' && !escaped;
        }

        return written.ToString();
    }

    private static DatasetTurn Turn(JsonElement turn) => new(turn.GetProperty("role").GetString()!, turn.GetProperty("content").GetString()!)
    {
        Name = Text(turn, "name"),
        ToolCallId = Text(turn, "tool_call_id"),
        ToolCalls = Json(turn, "tool_calls"),
        IsLearned = !turn.TryGetProperty("train", out var train) || train.ValueKind != JsonValueKind.False,
    };

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string? Json(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetRawText() : null;

    private static int[] Integers(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(item => item.GetInt32())];
}
