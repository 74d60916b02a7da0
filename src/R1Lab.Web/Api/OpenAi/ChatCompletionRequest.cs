using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Generation;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>Body of <c>POST /v1/chat/completions</c>. Unknown fields are ignored, as other servers do.</summary>
public sealed record ChatCompletionRequest : SamplingFields
{
    [JsonPropertyName("messages")]
    public JsonArray? Messages { get; init; }

    [JsonPropertyName("max_completion_tokens")]
    public int? MaxCompletionTokens { get; init; }

    [JsonPropertyName("logprobs")]
    public bool? Logprobs { get; init; }

    [JsonPropertyName("top_logprobs")]
    public int? TopLogprobs { get; init; }

    [JsonPropertyName("tools")]
    public JsonArray? Tools { get; init; }

    [JsonPropertyName("chat_template_kwargs")]
    public JsonObject? TemplateVariables { get; init; }

    [JsonPropertyName("add_generation_prompt")]
    public bool? AddGenerationPrompt { get; init; }

    [JsonPropertyName("continue_final_message")]
    public bool? ContinueFinalMessage { get; init; }

    /// <exception cref="ApiFieldException">A field cannot be used.</exception>
    /// <exception cref="AskRefusedException">Fewer than one token is asked for.</exception>
    public ChatAsk Ask()
    {
        if (TopLogprobs is < 0 or > 20) throw new ApiFieldException("top_logprobs", $"top_logprobs must be between 0 and 20, got {TopLogprobs}.");
        return new ChatAsk(Model, new ChatPrompt(Messages, Tools, TemplateVariables, AddGenerationPrompt, ContinueFinalMessage))
        {
            Settings = defaults => Settings(defaults, Logprobs == true ? TopLogprobs ?? 0 : null, echo: false),
            Length = AnswerLength.Of(MaxCompletionTokens ?? MaxTokens, MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens"),
            Choices = ChoiceCount,
        };
    }
}
