using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>The sampling fields that chat and text completions share, with vLLM's extras. A field that is absent takes the model's own default.</summary>
public abstract record SamplingFields
{
    [JsonPropertyName("model")]
    public string? Model { get; init; }

    [JsonPropertyName("temperature")]
    public double? Temperature { get; init; }

    [JsonPropertyName("top_p")]
    public double? TopP { get; init; }

    [JsonPropertyName("top_k")]
    public int? TopK { get; init; }

    [JsonPropertyName("min_p")]
    public double? MinP { get; init; }

    [JsonPropertyName("repetition_penalty")]
    public double? RepetitionPenalty { get; init; }

    [JsonPropertyName("presence_penalty")]
    public double? PresencePenalty { get; init; }

    [JsonPropertyName("frequency_penalty")]
    public double? FrequencyPenalty { get; init; }

    [JsonPropertyName("seed")]
    public long? Seed { get; init; }

    /// <summary>One string or a list of strings.</summary>
    [JsonPropertyName("stop")]
    public JsonElement? Stop { get; init; }

    [JsonPropertyName("stop_token_ids")]
    public IReadOnlyList<int>? StopTokenIds { get; init; }

    [JsonPropertyName("ignore_eos")]
    public bool? IgnoreEos { get; init; }

    [JsonPropertyName("skip_special_tokens")]
    public bool? SkipSpecialTokens { get; init; }

    [JsonPropertyName("max_tokens")]
    public int? MaxTokens { get; init; }

    [JsonPropertyName("n")]
    public int? N { get; init; }

    [JsonPropertyName("stream")]
    public bool? Stream { get; init; }

    [JsonPropertyName("stream_options")]
    public StreamOptions? StreamOptions { get; init; }

    [JsonPropertyName("return_token_ids")]
    public bool? ReturnTokenIds { get; init; }

    /// <summary>The largest number of choices one request may ask for.</summary>
    public const int MostChoices = 16;

    /// <exception cref="ApiFieldException"><c>n</c> is out of its range.</exception>
    protected int ChoiceCount => N is null or >= 1 and <= MostChoices ? N ?? 1 : throw new ApiFieldException("n", $"n must be between 1 and {MostChoices}, got {N}.");

    /// <summary>Settings for the engine; their ranges are checked where the model is asked.</summary>
    /// <exception cref="ApiFieldException">A value has the wrong form; the field is named.</exception>
    protected GenerationSettings Settings(GenerationDefaults defaults, int? logprobs, bool echo) => new()
    {
        Temperature = Temperature ?? (defaults.DoSample ? defaults.Temperature : 1),
        TopP = TopP ?? (defaults.DoSample ? defaults.TopP : 1),
        TopK = Math.Max(TopK ?? (defaults.DoSample ? defaults.TopK : 0), 0), // vLLM: -1 and 0 both mean "all"
        MinP = MinP ?? (defaults.DoSample ? defaults.MinP : 0),
        RepetitionPenalty = RepetitionPenalty ?? defaults.RepetitionPenalty ?? 1,
        PresencePenalty = PresencePenalty ?? 0,
        FrequencyPenalty = FrequencyPenalty ?? 0,
        Seed = Seed,
        Stop = StopStrings(),
        StopTokenIds = StopTokenIds ?? [],
        IgnoreEos = IgnoreEos ?? false,
        SkipSpecialTokens = SkipSpecialTokens ?? true,
        Logprobs = logprobs,
        Echo = echo,
    };

    private IReadOnlyList<string> StopStrings() => Stop switch
    {
        null or { ValueKind: JsonValueKind.Null } => [],
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many when many.EnumerateArray().All(s => s.ValueKind == JsonValueKind.String) =>
            [.. many.EnumerateArray().Select(s => s.GetString()!)],
        _ => throw new ApiFieldException("stop", "stop must be a string or a list of strings."),
    };
}

public sealed record StreamOptions
{
    [JsonPropertyName("include_usage")]
    public bool? IncludeUsage { get; init; }
}
