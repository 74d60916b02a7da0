using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Engine.Generation;
using R1Lab.Web.Serving;

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

    /// <exception cref="ApiFieldException">A field cannot be used.</exception>
    /// <exception cref="AskRefusedException">Too few tokens are asked for.</exception>
    public ChatAsk Ask()
    {
        if (Logprobs is < 0) throw new ApiFieldException("logprobs", $"logprobs must not be negative, got {Logprobs}.");
        return new ChatAsk(Model, Prompts())
        {
            Settings = defaults => Settings(defaults, Logprobs, Echo ?? false),
            Length = AnswerLength.Of(MaxTokens, "max_tokens", DefaultMaxTokens, least: Echo == true ? 0 : 1),
            Choices = ChoiceCount,
            CountField = "prompt",
        };
    }

    private AskedPrompt[] Prompts() => Prompt switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => throw new ApiFieldException("prompt", "prompt is missing."),
        { ValueKind: JsonValueKind.String } text => [Text(text)],
        { ValueKind: JsonValueKind.Array } list => FromList([.. list.EnumerateArray()]),
        _ => throw Mixed(),
    };

    private AskedPrompt[] FromList(JsonElement[] items) => items switch
    {
        [] => throw new ApiFieldException("prompt", "prompt is empty."),
        [{ ValueKind: JsonValueKind.Number }, ..] => [Ids(items)],
        [{ ValueKind: JsonValueKind.String }, ..] => Array.ConvertAll(items, Text),
        [{ ValueKind: JsonValueKind.Array }, ..] => Array.ConvertAll(items, item => item.ValueKind == JsonValueKind.Array ? Ids(item.EnumerateArray()) : throw Mixed()),
        _ => throw Mixed(),
    };

    private AskedPrompt Text(JsonElement item) => item.ValueKind == JsonValueKind.String
        ? new TextPrompt("prompt", item.GetString()!) { AddSpecialTokens = AddSpecialTokens ?? true }
        : throw Mixed();

    private static AskedPrompt Ids(IEnumerable<JsonElement> items) =>
        new TokenPrompt("prompt", [.. items.Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) ? id : throw Mixed())]);

    private static ApiFieldException Mixed() => new("prompt", "prompt must be text, token ids, or a list of either.");
}
