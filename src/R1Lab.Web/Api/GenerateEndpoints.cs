using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;
using R1Lab.Web.Access;
using R1Lab.Web.Api.OpenAi;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Api;

/// <summary>
/// <c>/generate</c> and <c>/generate_stream</c> as text-generation-inference has them. <c>{"prompt"}</c> is taken for <c>inputs</c> too, and then answered
/// with <c>response</c> beside <c>generated_text</c>.
/// </summary>
public static class GenerateEndpoints
{
    private const int DefaultNewTokens = 100;

    public static void MapGenerate(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Text generation").RequireAuthorization(LabPolicies.CanInfer);
        group.MapPost("/generate", GenerateAsync).WithName("Generate").WithSummary("Continues a text (TGI form)");
        group.MapPost("/generate_stream", StreamAsync).WithName("GenerateStream").WithSummary("Continues a text, token by token (TGI form)");
        group.MapGet("/info", InfoAsync).WithName("Info").WithSummary("What is served");
    }

    private static async Task<IResult> GenerateAsync(GenerateRequest request, ChatService chat, CancellationToken cancellation)
    {
        using var answers = await chat.AskAsync(request.Ask(), cancellation);
        var answer = (await answers.FinishAsync(cancellation))[0];
        var text = request.Returned(answer.Text);
        return Results.Json(new GenerateAnswer(text)
        {
            Response = request.Prompt is null ? null : text,
            Details = request.Parameters?.Details == true ? Details(answers, answer.End.Result!) : null,
        });
    }

    private static async Task<IResult> StreamAsync(GenerateRequest request, ChatService chat, HttpContext context)
    {
        using var answers = await chat.AskAsync(request.Ask(), context.RequestAborted);
        var stream = new EventStream(context.Response);
        await stream.RunAsync(() => WriteAsync(stream, answers, request, context.RequestAborted), context.RequestAborted);
        return Results.Empty;
    }

    private static async Task WriteAsync(EventStream stream, OpenAnswers answers, GenerateRequest request, CancellationToken cancellation)
    {
        var index = 0;
        var report = new TokenReport(answers.Facts.Vocabulary?.Tokenizer, Settings(answers).SkipSpecialTokens);
        var ready = new List<ReportedToken>();
        await foreach (var update in stream.KeepAwakeAsync(answers.UpdatesAsync(cancellation), cancellation))
        {
            // The last token carries the whole text, so each one waits for the next.
            if (update.End is not null) ready.AddRange(report.Finish());
            foreach (var (at, token) in ready.Index())
                await stream.SendAsync(Item(answers, token, ++index, at == ready.Count - 1 ? update.End : null, request), cancellation);
            ready = update.Step.Token is { } step ? [.. report.Push(step.TokenId, step.Logprob)] : [];
        }
    }

    private static async Task<IResult> InfoAsync(ModelHost host, CancellationToken cancellation)
    {
        var all = await host.ListAsync(cancellation);
        var served = all.FirstOrDefault(m => m.State == LoadState.Loaded && m.BaseName is null) ?? all.FirstOrDefault(m => m.BaseName is null);
        return Results.Json(new
        {
            ModelId = served?.Name,
            ModelDtype = served?.Record.Dtype,
            MaxTotalTokens = served?.MaxLength,
            Version = typeof(GenerateEndpoints).Assembly.GetName().Version?.ToString(3),
            Router = "r1lab",
        });
    }

    private static GenerationSettings Settings(OpenAnswers answers) => answers.Planned[0].Request.Settings;

    private static object Item(OpenAnswers answers, ReportedToken token, int index, FinishedAnswer? end, GenerateRequest request) => new
    {
        Index = index,
        Token = Token(token),
        TopTokens = request.Parameters?.TopNTokens is null or 0 ? null : Top(token),
        GeneratedText = end is null ? null : request.Returned(end.Text),
        Details = end is null ? null : Details(answers, end.End.Result!) with { Tokens = null, Prefill = null, TopTokens = null },
    };

    private static GenerateDetails Details(OpenAnswers answers, GenerationResult result)
    {
        var (settings, tokenizer) = (Settings(answers), answers.Facts.Vocabulary?.Tokenizer);
        var tokens = TokenReport.Of(tokenizer, settings.SkipSpecialTokens, result.Tokens, result.Logprobs);
        var prefill = result.PromptLogprobs is { } scores ? TokenReport.Of(tokenizer, skipSpecialTokens: false, answers.Planned[0].Prompt.Tokens, scores) : [];
        return new GenerateDetails(
            FinishReason(answers.Facts.Defaults, result),
            result.Tokens.Count,
            settings.Temperature > 0 ? result.Seed : null,
            result.PromptTokens,
            [.. prefill.Select(Token)],
            [.. tokens.Select(Token)],
            settings.Logprobs is null or 0 ? null : [.. tokens.Select(Top)]);
    }

    private static List<GeneratedToken> Top(ReportedToken token) => [.. token.Top.Select(Token)];

    private static string FinishReason(GenerationDefaults defaults, GenerationResult result) =>
        result.Finish == Engine.Generation.FinishReason.Length ? "length"
        : result.Tokens.Count > 0 && defaults.EosTokenIds.Contains(result.Tokens[^1]) ? "eos_token"
        : "stop_sequence";

    private static GeneratedToken Token(ReportedToken token) => new(token.Id, token.Text, token.Logprob, token.IsSpecial);

    private sealed record GeneratedToken(int Id, string Text, double? Logprob, bool Special);

    private sealed record GenerateDetails(
        string FinishReason,
        int GeneratedTokens,
        long? Seed,
        int InputLength,
        IReadOnlyList<GeneratedToken>? Prefill,
        IReadOnlyList<GeneratedToken>? Tokens,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<IReadOnlyList<GeneratedToken>>? TopTokens);

    private sealed record GenerateAnswer(string GeneratedText)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Response { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public GenerateDetails? Details { get; init; }
    }

    private sealed record GenerateParameters
    {
        [JsonPropertyName("details")]
        public bool? Details { get; init; }

        [JsonPropertyName("do_sample")]
        public bool? DoSample { get; init; }

        [JsonPropertyName("frequency_penalty")]
        public double? FrequencyPenalty { get; init; }

        [JsonPropertyName("max_new_tokens")]
        public int? MaxNewTokens { get; init; }

        [JsonPropertyName("repetition_penalty")]
        public double? RepetitionPenalty { get; init; }

        [JsonPropertyName("return_full_text")]
        public bool? ReturnFullText { get; init; }

        [JsonPropertyName("seed")]
        public long? Seed { get; init; }

        [JsonPropertyName("stop")]
        public IReadOnlyList<string>? Stop { get; init; }

        [JsonPropertyName("temperature")]
        public double? Temperature { get; init; }

        [JsonPropertyName("top_k")]
        public int? TopK { get; init; }

        [JsonPropertyName("top_p")]
        public double? TopP { get; init; }

        [JsonPropertyName("typical_p")]
        public double? TypicalP { get; init; }

        [JsonPropertyName("top_n_tokens")]
        public int? TopNTokens { get; init; }

        [JsonPropertyName("decoder_input_details")]
        public bool? DecoderInputDetails { get; init; }

        [JsonPropertyName("best_of")]
        public int? BestOf { get; init; }

        [JsonPropertyName("grammar")]
        public JsonElement? Grammar { get; init; }

        [JsonPropertyName("truncate")]
        public int? Truncate { get; init; }

        [JsonPropertyName("adapter_id")]
        public string? AdapterId { get; init; }
    }

    private sealed record GenerateRequest
    {
        [JsonPropertyName("inputs")]
        public string? Inputs { get; init; }

        /// <summary>Another word for <see cref="Inputs"/>.</summary>
        [JsonPropertyName("prompt")]
        public string? Prompt { get; init; }

        [JsonPropertyName("model")]
        public string? Model { get; init; }

        /// <summary>Another word for <c>max_new_tokens</c> beside <see cref="Prompt"/>.</summary>
        [JsonPropertyName("max_length")]
        public int? MaxLength { get; init; }

        [JsonPropertyName("parameters")]
        public GenerateParameters? Parameters { get; init; }

        public string? ModelName => Parameters?.AdapterId ?? Model;

        public string Returned(string generated) => Parameters?.ReturnFullText == true ? (Inputs ?? Prompt) + generated : generated;

        /// <exception cref="ApiFieldException">A field cannot be used.</exception>
        /// <exception cref="AskRefusedException">Fewer than one token is asked for.</exception>
        public ChatAsk Ask()
        {
            var text = Inputs ?? Prompt ?? throw new ApiFieldException("inputs", "inputs is missing.");
            if (Parameters?.Truncate is < 1) throw new ApiFieldException("truncate", "truncate must be at least 1.");
            var settings = Settings();
            return new ChatAsk(ModelName, new TextPrompt("inputs", text) { KeepLast = Parameters?.Truncate })
            {
                Settings = _ => settings,
                Length = AnswerLength.Of(Parameters?.MaxNewTokens ?? MaxLength, "max_new_tokens", DefaultNewTokens),
                CountField = "inputs",
            };
        }

        // TGI samples when asked to, or when any sampling field is given.
        private GenerationSettings Settings()
        {
            var given = Parameters ?? new GenerateParameters();
            if (given.BestOf is not (null or 1)) throw new ApiFieldException("best_of", $"best_of must be 1, got {given.BestOf}: one sequence is generated a request.");
            if (given.Grammar is not (null or { ValueKind: JsonValueKind.Null })) throw new ApiFieldException("grammar", "grammar is not supported.");
            var sample = given.DoSample ?? (given.Temperature is not null || given.TopK is not null || given.TopP is not null || given.TypicalP is not null);
            return new GenerationSettings
            {
                Temperature = sample ? given.Temperature ?? 1 : 0,
                TopK = given.TopK ?? 0,
                TopP = given.TopP ?? 1,
                TypicalP = given.TypicalP ?? 1,
                RepetitionPenalty = given.RepetitionPenalty ?? 1,
                FrequencyPenalty = given.FrequencyPenalty ?? 0,
                Seed = given.Seed,
                Stop = given.Stop ?? [],
                Logprobs = given.TopNTokens ?? 0,
                Echo = given.DecoderInputDetails == true,
            };
        }
    }
}
