using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>A conversation as ShareGPT and LLaMA-Factory write it: <c>conversations</c> with from and value.</summary>
internal sealed class ShareGptFormat : IRowFormat
{
    private static readonly string[] Known = ["from", "value", "role", "content"];

    public DatasetFormat Format => DatasetFormat.ShareGpt;

    public IReadOnlyList<string> Required { get; } = ["conversations"];

    public IReadOnlyList<string> Optional { get; } = ["system", "tools"];

    public DatasetRow Read(JsonElement row)
    {
        var turns = RowFields.Items(RowFields.Field(row, "conversations"), "conversations").ToList();
        return Conversations.Of(row, "conversations", turns.ConvertAll(Turn)) with
        {
            Ignored = [.. turns.SelectMany(turn => RowKeys.Unknown(turn, Known, "conversations")).Distinct()],
        };
    }

    private static DatasetTurn Turn(JsonElement turn)
    {
        if (turn.ValueKind != JsonValueKind.Object) throw new RowFieldException("row_conversations_objects", $"field conversations must hold objects with from and value");
        if (RowKeys.Refusal(turn, "conversations") is { } reason) throw new RowFieldException(reason);
        var from = RowFields.Text(turn, turn.TryGetProperty("from", out _) ? "from" : "role");
        var value = RowFields.Text(turn, turn.TryGetProperty("value", out _) ? "value" : "content");
        return from switch
        {
            "human" or "user" => new DatasetTurn(DatasetTurn.User, value),
            "gpt" or "assistant" or "model" or "bot" or "chatgpt" => new DatasetTurn(DatasetTurn.Assistant, value) { IsLearned = RowKeys.IsLearned(turn) },
            "system" => new DatasetTurn(DatasetTurn.System, value),
            "observation" or "tool" or "function_response" => new DatasetTurn(DatasetTurn.Tool, value),
            "function_call" or "tool_call" => new DatasetTurn(DatasetTurn.Assistant, "") { IsLearned = RowKeys.IsLearned(turn), ToolCalls = ToolFields.CallsOf(value, "conversations.value") },
            _ => throw new RowFieldException("row_from", $"field conversations: from {from} is not supported"),
        };
    }
}
