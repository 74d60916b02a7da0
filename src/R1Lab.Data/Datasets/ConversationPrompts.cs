using System.Text.Json;

namespace R1Lab.Data.Datasets;

/// <summary>What users ask in a row of <see cref="RowKinds.Conversation"/>.</summary>
public static class ConversationPrompts
{
    /// <summary>The users' texts, in order.</summary>
    /// <param name="content">The row's content.</param>
    public static IReadOnlyList<string> Of(string content)
    {
        using var document = JsonDocument.Parse(content);
        return [.. document.RootElement.GetProperty("messages").EnumerateArray()
            .Where(turn => turn.GetProperty("role").ValueEquals("user")).Select(turn => turn.GetProperty("content").GetString()!)];
    }
}
