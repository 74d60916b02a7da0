using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Serving.Remote;

/// <summary>
/// The body of a chat completion. Settings at their neutral value are left out, so that the endpoint's own apply; those outside OpenAI's schema
/// are named as vLLM does. What an endpoint refuses by name is left out or renamed, once each.
/// </summary>
internal sealed partial class ChatRequestBody
{
    private const string Length = "max_tokens";
    private const string NewerLength = "max_completion_tokens";
    private const string StreamOptions = "stream_options";

    private static readonly string[] Extras = ["top_k", "min_p", "repetition_penalty"];

    private readonly JsonObject _body;
    private readonly List<string> _dropped = [];

    public ChatRequestBody(string model, IReadOnlyList<ChatMessage> messages, GenerationSettings settings)
    {
        _body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray([.. messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Content })]),
            ["stream"] = true,
            [StreamOptions] = new JsonObject { ["include_usage"] = true },
        };
        if (settings.MaxNewTokens < int.MaxValue) _body[Length] = settings.MaxNewTokens; // as many as there is room for: the endpoint knows how many
        foreach (var (name, value) in Chosen(settings)) _body[name] = value;
    }

    /// <summary>Settings that the endpoint did not take.</summary>
    public IReadOnlyList<string> Dropped => _dropped;

    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(_body);

    /// <summary>Leaves out or renames what a refusal names; false when nothing in it can be changed.</summary>
    /// <param name="refusal">The text of a 400 or 422.</param>
    public bool TryAdapt(string refusal)
    {
        var named = Words().Matches(refusal).Select(word => word.Value).ToHashSet(StringComparer.Ordinal);
        var changed = named.Overlaps([StreamOptions, "include_usage"]) && _body.Remove(StreamOptions);
        if (named.Contains(NewerLength) && _body[Length] is { } most)
        {
            _body.Remove(Length);
            _body[NewerLength] = most.DeepClone();
            changed = true;
        }

        foreach (var extra in Extras.Where(extra => named.Contains(extra) && _body.Remove(extra)))
        {
            _dropped.Add(extra);
            changed = true;
        }

        return changed;
    }

    private static IEnumerable<(string Name, JsonNode Value)> Chosen(GenerationSettings settings)
    {
        if (settings.Temperature != 1) yield return ("temperature", settings.Temperature);
        if (settings.TopP != 1) yield return ("top_p", settings.TopP);
        if (settings.PresencePenalty != 0) yield return ("presence_penalty", settings.PresencePenalty);
        if (settings.FrequencyPenalty != 0) yield return ("frequency_penalty", settings.FrequencyPenalty);
        if (settings.Seed is { } seed) yield return ("seed", seed);
        if (settings.Stop.Count > 0) yield return ("stop", new JsonArray([.. settings.Stop.Select(stop => JsonValue.Create(stop))]));
        if (settings.TopK != 0) yield return ("top_k", settings.TopK);
        if (settings.MinP != 0) yield return ("min_p", settings.MinP);
        if (settings.RepetitionPenalty != 1) yield return ("repetition_penalty", settings.RepetitionPenalty);
    }

    [GeneratedRegex("[A-Za-z_]+", RegexOptions.NonBacktracking)]
    private static partial Regex Words();
}
