using System.Text.Json;

namespace R1Lab.Web.Serving.Remote;

/// <summary>One piece of a chat completion, or a whole one.</summary>
/// <param name="Text">Of the answer.</param>
/// <param name="Thought">Of the thought, where the server separates it.</param>
internal sealed record RemoteChunk(string Text, string Thought)
{
    /// <summary>Why the answer ended, in the server's word.</summary>
    public string? FinishReason { get; init; }

    public int? PromptTokens { get; init; }

    public int? Tokens { get; init; }

    public string? Model { get; init; }

    public string? Fingerprint { get; init; }

    /// <summary>What the server says went wrong.</summary>
    public JsonElement? Error { get; init; }

    /// <summary>Whether it is a piece of an answer, be it empty.</summary>
    public bool HasChoice { get; init; }

    /// <summary>The stream's last event, which carries nothing.</summary>
    public bool IsDone { get; init; }

    public static RemoteChunk Done { get; } = new("", "") { IsDone = true };

    /// <exception cref="JsonException">No JSON object.</exception>
    public static RemoteChunk Of(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new JsonException("A chat completion is a JSON object.");
        if (ErrorIn(root) is { } error) return new RemoteChunk("", "") { Error = error };
        var choice = First(root);
        var message = choice is { } one ? Member(one, "delta") ?? Member(one, "message") : null;
        var (text, thought) = message is { } said ? Parts(said) : ("", "");
        var usage = Member(root, "usage");
        return new RemoteChunk(text, thought)
        {
            HasChoice = choice is not null,
            FinishReason = choice is { } ended ? String(ended, "finish_reason") : null,
            PromptTokens = Count(usage, "prompt_tokens"),
            Tokens = Count(usage, "completion_tokens"),
            Model = String(root, "model"),
            Fingerprint = String(root, "system_fingerprint"),
        };
    }

    // {"error": …}, and {"object": "error", "message": …} of earlier vLLM.
    private static JsonElement? ErrorIn(JsonElement root)
    {
        if (Member(root, "error") is { ValueKind: not (JsonValueKind.False or JsonValueKind.Array) } error) return error.Clone();
        return String(root, "object") == "error" || (!root.TryGetProperty("choices", out _) && Member(root, "detail") is not null) ? root.Clone() : null;
    }

    // Only one answer is asked for; others have an index of their own.
    private static JsonElement? First(JsonElement root)
    {
        if (Member(root, "choices") is not { ValueKind: JsonValueKind.Array } choices) return null;
        foreach (var choice in choices.EnumerateArray())
        {
            if (choice.ValueKind == JsonValueKind.Object && Count(choice, "index") is null or 0) return choice;
        }

        return null;
    }

    private static (string Text, string Thought) Parts(JsonElement message)
    {
        var thought = String(message, "reasoning_content") ?? String(message, "reasoning") ?? "";
        if (Member(message, "content") is not { } content) return ("", thought);
        if (content.ValueKind == JsonValueKind.String) return (content.GetString()!, thought);
        return content.ValueKind == JsonValueKind.Array ? (Texts(content, "text"), thought + Texts(content, "thinking")) : ("", thought);
    }

    // [{"type":"text","text":"a"}, {"type":"thinking","thinking":[{"type":"text","text":"b"}]}]
    private static string Texts(JsonElement parts, string type) => string.Concat(parts.EnumerateArray()
        .Where(part => part.ValueKind == JsonValueKind.Object && String(part, "type") == type && Member(part, type) is not null)
        .Select(part => Member(part, type)!.Value is { ValueKind: JsonValueKind.Array } inner ? Texts(inner, "text") : String(part, type)));

    private static JsonElement? Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? String(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static int? Count(JsonElement? parent, string name) =>
        parent is { } present && Member(present, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var count) ? count : null;
}
