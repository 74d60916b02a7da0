using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Generation;
using R1Lab.Web.Running;

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

    /// <summary>What the model is given.</summary>
    public RenderedPrompt Render(ModelSession session)
    {
        var prompt = new ChatPrompt(Messages, Tools, TemplateVariables, AddGenerationPrompt, ContinueFinalMessage);
        return prompt.Render(session.RequireTemplate("messages"));
    }

    public GenerationSettings Settings(ModelSession session, int promptTokens)
    {
        var wanted = MaxCompletionTokens ?? MaxTokens;
        var field = MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens";
        if (wanted < 1) throw new ApiFieldException(field, $"{field} must be at least 1, got {wanted}.");
        if (TopLogprobs is < 0 or > 20) throw new ApiFieldException("top_logprobs", $"top_logprobs must be between 0 and 20, got {TopLogprobs}.");
        session.CheckLength(promptTokens, wanted ?? 1, wanted is null ? "messages" : field);
        return Settings(session.Defaults, wanted ?? session.MaxLength - promptTokens, Logprobs == true ? TopLogprobs ?? 0 : null, echo: false);
    }
}
