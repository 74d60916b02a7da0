using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>What the keys of a row mean beside those of its format.</summary>
internal static class RowKeys
{
    /// <summary>What a row cannot carry yet although it changes what is learned.</summary>
    private static readonly Dictionary<string, UnreadContent> Refused = new(StringComparer.Ordinal)
    {
        ["functions"] = UnreadContent.ToolDefinitions,
        ["function_call"] = UnreadContent.ToolCalls,
        ["images"] = UnreadContent.Images,
        ["image"] = UnreadContent.Images,
        ["videos"] = UnreadContent.Videos,
        ["audios"] = UnreadContent.Sound,
        ["chosen"] = UnreadContent.PreferredAnswers,
        ["rejected"] = UnreadContent.RejectedAnswers,
        ["chat_template_kwargs"] = UnreadContent.TemplateSettings,
        ["documents"] = UnreadContent.Documents,
    };

    /// <summary>Names and origins of rows, and numbers about them.</summary>
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "id", "_id", "row_id", "uid", "uuid", "idx", "index", "conversation_id", "source", "source_url", "url", "origin", "dataset", "dataset_name", "split", "category", "categories", "subject", "topic", "domain", "tag", "tags",
        "lang", "language", "license", "author", "model", "generator", "created", "created_at", "date", "timestamp", "time", "version", "meta", "metadata", "kind", "type", "difficulty", "level", "score", "quality", "rating", "note", "notes", "comment",
        "hash", "md5", "sha256", "length", "num_tokens", "n_tokens", "attention_mask",
    };

    /// <summary>Why a row or turn with these keys cannot be read; null where it can.</summary>
    /// <param name="within">The list the object stands in; null for the row itself.</param>
    public static Fault? Refusal(JsonElement row, string? within = null)
    {
        foreach (var property in row.EnumerateObject())
        {
            if (IsEmpty(property.Value)) continue;
            var field = within is null ? property.Name : $"{within}.{property.Name}";
            if (Refused.TryGetValue(property.Name, out var what)) return Fault.Of("row_unread", $"field {field}: {what} cannot be imported yet");
            if (property.Name is "weight" or "loss_weight" && property.Value.ValueKind == JsonValueKind.Number && property.Value.GetDouble() is not (0 or 1))
                return Fault.Of("row_weight", $"field {field}: weights other than 0 and 1 cannot be imported yet");
        }

        return null;
    }

    /// <summary>Whether a row or turn is to be learned: <c>"train": false</c> and a weight of 0 say that it is only shown.</summary>
    public static bool IsLearned(JsonElement row)
    {
        foreach (var property in row.EnumerateObject())
        {
            if (property.Name is "train" or "loss" or "trainable" or "train_on_turn" && property.Value.ValueKind == JsonValueKind.False) return false;
            if (property.Name is "weight" or "loss_weight" && property.Value.ValueKind == JsonValueKind.Number && property.Value.GetDouble() == 0) return false;
        }

        return true;
    }

    /// <summary>The keys that the lab does not know.</summary>
    public static IEnumerable<string> Unknown(JsonElement row, IReadOnlyCollection<string> used, string? within = null) => row.EnumerateObject()
        .Where(property => !used.Contains(property.Name) && !Known.Contains(property.Name) && !IsEmpty(property.Value) && property.Name is not ("train" or "loss" or "trainable" or "train_on_turn" or "weight" or "loss_weight"))
        .Select(property => within is null ? property.Name : $"{within}.{property.Name}");

    // Many files write every key in every row.
    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.String => value.GetString() is "" or "[]" or "{}" or "null",
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };
}
