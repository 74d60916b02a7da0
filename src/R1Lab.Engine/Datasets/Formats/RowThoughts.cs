using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Thoughts that stand in a field of their own beside the answer.</summary>
internal static class RowThoughts
{
    public static readonly IReadOnlyList<string> Fields = ["reasoning_content", "reasoning", "thinking"];

    /// <summary>The answer with its thought before it, as the templates of thinking models write it. Some files have the thought in both places.</summary>
    /// <param name="within">The list the object stands in; null for the row itself.</param>
    public static string Joined(JsonElement fields, string answer, string? within = null)
    {
        if (Of(fields, within) is not { } thought) return answer;
        var parts = ResponseParts.Of(answer);
        if (parts.Closer.Length == 0) return $"{ResponseParts.Open}\n{thought.Trim('\n')}\n{ResponseParts.Close}\n\n{answer.TrimStart('\n')}";
        return parts.Thought.Trim() == thought.Trim() ? answer : throw new RowFieldException("row_thought_differs", $"another thought stands in a field of its own than in the answer");
    }

    private static string? Of(JsonElement fields, string? within)
    {
        string? thought = null;
        foreach (var name in Fields)
        {
            var field = within is null ? name : $"{within}.{name}";
            if (!fields.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null || RowFields.StringOf(value, field) is not { } text || string.IsNullOrWhiteSpace(text)) continue;
            if (thought is not null && thought != text) throw new RowFieldException("row_thought_twice", $"field {field}: another thought stands in a second field");
            thought = text;
        }

        return thought;
    }
}
