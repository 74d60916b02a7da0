using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
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

    /// <summary>The text the model is given.</summary>
    public string Render(ModelSession session) =>
        ChatPrompt.Render(session.RequireTemplate("messages"), Messages, addGenerationPrompt: true, Tools, TemplateVariables);

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
