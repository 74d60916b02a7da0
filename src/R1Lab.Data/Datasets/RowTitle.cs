using System.Text.Json;

namespace R1Lab.Data.Datasets;

/// <summary>The text by which people recognise a row in a list.</summary>
public static class RowTitle
{
    /// <summary>The last question of a conversation, or the token ids.</summary>
    /// <param name="kind">One of <see cref="RowKinds"/>.</param>
    /// <param name="content">The row's content.</param>
    public static string Of(string kind, string content)
    {
        if (kind == RowKinds.Conversation) return ConversationPrompts.Of(content) is [.., var last] ? last : "";
        using var document = JsonDocument.Parse(content);
        return document.RootElement.GetProperty("input_ids").GetRawText();
    }
}
