using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Engine.Generation;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>Body of <c>POST /v1/completions</c>, with vLLM's extras.</summary>
public sealed record CompletionRequest : SamplingFields
{
    // What the OpenAI API generates when nobody says how much.
    private const int DefaultMaxTokens = 16;

    /// <summary>Text, a list of texts, token ids, or a list of lists of token ids.</summary>
    [JsonPropertyName("prompt")]
    public JsonElement? Prompt { get; init; }

    [JsonPropertyName("echo")]
    public bool? Echo { get; init; }

    /// <summary>How many alternatives to report for each token; 0 reports the chosen token alone.</summary>
    [JsonPropertyName("logprobs")]
    public int? Logprobs { get; init; }

    [JsonPropertyName("add_special_tokens")]
    public bool? AddSpecialTokens { get; init; }

    public IReadOnlyList<CompletionPrompt> Prompts(ModelSession session)
    {
        var prompts = Prompt switch
        {
            null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => throw new ApiFieldException("prompt", "prompt is missing."),
            { ValueKind: JsonValueKind.String } text => [Encode(session, text.GetString()!)],
            { ValueKind: JsonValueKind.Array } list => FromList(session, list),
            _ => throw new ApiFieldException("prompt", "prompt must be text, token ids, or a list of either."),
        };
        foreach (var prompt in prompts) session.CheckPrompt(prompt.Tokens, "prompt");
        return prompts;
    }

    public GenerationSettings Settings(ModelSession session, int promptTokens)
    {
        var echo = Echo ?? false;
        var wanted = MaxTokens ?? Math.Min(DefaultMaxTokens, session.MaxLength - promptTokens);
        if (wanted < 0 || (wanted == 0 && !echo)) throw new ApiFieldException("max_tokens", $"max_tokens must be at least 1 (0 only with echo), got {wanted}.");
        if (Logprobs is < 0) throw new ApiFieldException("logprobs", $"logprobs must not be negative, got {Logprobs}.");
        session.CheckLength(promptTokens, wanted, "max_tokens");
        return Settings(session.Defaults, wanted, Logprobs, echo);
    }

    private CompletionPrompt Encode(ModelSession session, string text) => new(session.RequireTokenizer("prompt").Encode(text, AddSpecialTokens ?? true), text);

    private IReadOnlyList<CompletionPrompt> FromList(ModelSession session, JsonElement list)
    {
        var items = list.EnumerateArray().ToList();
        if (items.Count == 0) throw new ApiFieldException("prompt", "prompt is empty.");
        return items[0].ValueKind switch
        {
            JsonValueKind.Number => [Ids(items)],
            JsonValueKind.String => [.. items.Select(i => i.ValueKind == JsonValueKind.String ? Encode(session, i.GetString()!) : throw Mixed())],
            JsonValueKind.Array => [.. items.Select(i => i.ValueKind == JsonValueKind.Array ? Ids(i.EnumerateArray()) : throw Mixed())],
            _ => throw Mixed(),
        };
    }

    private static CompletionPrompt Ids(IEnumerable<JsonElement> items) =>
        new([.. items.Select(i => i.ValueKind == JsonValueKind.Number && i.TryGetInt32(out var id) ? id : throw Mixed())], null);

    private static ApiFieldException Mixed() => new("prompt", "prompt must be text, token ids, or a list of either.");
}

/// <summary>One prompt of a request.</summary>
/// <param name="Tokens">What the model is given.</param>
/// <param name="Text">As it was sent; null when it came as token ids.</param>
public sealed record CompletionPrompt(IReadOnlyList<int> Tokens, string? Text);
