using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>What conversations share, however a file writes their turns.</summary>
internal static class Conversations
{
    /// <summary>The turns with the other fields of the row: a system text, tool definitions.</summary>
    /// <param name="field">The field that holds the turns.</param>
    /// <exception cref="RowFieldException">Nothing of the conversation can be learned.</exception>
    public static ConversationRow Of(JsonElement row, string field, IReadOnlyList<DatasetTurn> turns)
    {
        if (RowFields.OptionalText(row, "system") is { } system)
        {
            if (turns.Any(turn => turn.Role == DatasetTurn.System)) throw new RowFieldException("row_system_twice", $"field system: there is a system text among the messages too");
            turns = [new DatasetTurn(DatasetTurn.System, system), .. turns];
        }

        if (!turns.Any(turn => turn.Role == DatasetTurn.User)) throw new RowFieldException("row_no_user", $"field {field}: there is no user turn");
        if (turns[^1].Role != DatasetTurn.Assistant) throw new RowFieldException("row_last_turn", $"field {field} must end with an assistant turn");
        if (!turns.Any(turn => turn is { Role: DatasetTurn.Assistant, IsLearned: true })) throw new RowFieldException("row_nothing_learned", $"field {field}: every answer is marked as not to be learned");
        return new ConversationRow(turns) { Tools = ToolFields.Definitions(row) };
    }
}
