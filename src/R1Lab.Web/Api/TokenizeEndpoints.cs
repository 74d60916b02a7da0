using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Generation;
using R1Lab.Web.Access;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api;

/// <summary><c>/tokenize</c> and <c>/detokenize</c> as vLLM has them.</summary>
public static class TokenizeEndpoints
{
    /// <summary>An id is two characters of a request and up to a hundred of the answer.</summary>
    private const int MostTokens = 1 << 18;

    public static void MapTokenize(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Tokenizer").RequireAuthorization(LabPolicies.CanInfer);
        group.MapPost("/tokenize", TokenizeAsync).WithName("Tokenize").WithSummary("Text or messages to token ids");
        group.MapPost("/detokenize", DetokenizeAsync).WithName("Detokenize").WithSummary("Token ids to text");
    }

    private static async Task<IResult> TokenizeAsync(TokenizeRequest request, ChatService chat, CancellationToken cancellation)
    {
        var (prompt, model) = await chat.EncodeAsync(request.Model, request.Asked(), cancellation);
        return Results.Json(new { prompt.Tokens, prompt.Tokens.Count, MaxModelLen = model.MaxLength });
    }

    private static async Task<IResult> DetokenizeAsync(DetokenizeRequest request, ModelHost host, CancellationToken cancellation)
    {
        var session = await host.OpenVocabularyAsync(request.Model, cancellation);
        if (request.Tokens is null) throw new ApiFieldException("tokens", "tokens is missing.");
        if (request.Tokens.Count > MostTokens) throw new ApiFieldException("tokens", $"tokens holds {request.Tokens.Count} ids; at most {MostTokens} are taken at once.");
        session.CheckIds(request.Tokens, "tokens");
        return Results.Json(new { Prompt = session.RequireTokenizer("model").Decode(request.Tokens, request.SkipSpecialTokens ?? false) });
    }

    private sealed record TokenizeRequest
    {
        [JsonPropertyName("model")]
        public string? Model { get; init; }

        [JsonPropertyName("prompt")]
        public string? Prompt { get; init; }

        [JsonPropertyName("messages")]
        public JsonArray? Messages { get; init; }

        [JsonPropertyName("add_special_tokens")]
        public bool? AddSpecialTokens { get; init; }

        [JsonPropertyName("add_generation_prompt")]
        public bool? AddGenerationPrompt { get; init; }

        [JsonPropertyName("continue_final_message")]
        public bool? ContinueFinalMessage { get; init; }

        [JsonPropertyName("tools")]
        public JsonArray? Tools { get; init; }

        [JsonPropertyName("chat_template")]
        public string? Template { get; init; }

        [JsonPropertyName("chat_template_kwargs")]
        public JsonObject? TemplateVariables { get; init; }

        /// <exception cref="ApiFieldException">There is neither a prompt nor messages.</exception>
        public AskedPrompt Asked() => this switch
        {
            { Messages: not null } => new ChatPrompt(Messages, Tools, TemplateVariables, AddGenerationPrompt, ContinueFinalMessage)
            {
                TemplateText = Template,
                AddSpecialTokens = AddSpecialTokens ?? false,
            },
            { Prompt: not null } => new TextPrompt("prompt", Prompt) { AddSpecialTokens = AddSpecialTokens ?? true },
            _ => throw new ApiFieldException("prompt", "Give either prompt or messages."),
        };
    }

    private sealed record DetokenizeRequest
    {
        [JsonPropertyName("model")]
        public string? Model { get; init; }

        [JsonPropertyName("tokens")]
        public IReadOnlyList<int>? Tokens { get; init; }

        [JsonPropertyName("skip_special_tokens")]
        public bool? SkipSpecialTokens { get; init; }
    }
}
