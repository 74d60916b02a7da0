using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Which tokens end a reply. Three files name it: training ends its rows with the tokenizer's end token, Hugging Face stops where
/// <c>generation_config.json</c> says, or <c>config.json</c> where that is silent. A reply ends at any token that one of them names.
/// </summary>
/// <param name="Generation">Ids in <c>generation_config.json</c>; null where it names none.</param>
/// <param name="Config">Ids in <c>config.json</c>; null where it names none.</param>
/// <param name="Tokenizer">Id of the tokenizer's <c>eos_token</c>; null where it has none.</param>
public sealed record EndTokens(IReadOnlyList<int>? Generation, IReadOnlyList<int>? Config, int? Tokenizer)
{
    internal const string Field = "eos_token_id";

    /// <summary>All of them, each once.</summary>
    public IReadOnlyList<int> All { get; } =
        [.. (Generation ?? []).Concat(Config ?? []).Concat(Tokenizer is { } id ? [id] : Array.Empty<int>()).Distinct()];

    /// <summary>Whether a program that reads <c>generation_config.json</c>, or <c>config.json</c> without it, stops at all of them.</summary>
    public bool Agree => All.All((Generation ?? Config ?? []).Contains);

    /// <summary>A warning where they differ.</summary>
    public IEnumerable<Problem> Problems()
    {
        if (Agree) yield break;
        var (tokenizer, generation, config) = (Names(Tokenizer is { } id ? [id] : null), Names(Generation), Names(Config));
        yield return new Problem("end_tokens_differ", Field, ProblemSeverity.Warning,
            $"The files name different end tokens: the tokenizer {tokenizer}, generation_config.json {generation}, config.json {config}. "
            + "Here a reply ends at any of them; other programs may run on to their limit.",
            tokenizer, generation, config);
    }

    /// <summary>As a config spells it: one id, or a list of several.</summary>
    internal JsonNode ToJson() => All is [var only] ? only : new JsonArray([.. All.Select(id => (JsonNode)id)]);

    private static string Names(IReadOnlyList<int>? ids) => ids is null ? "–" : string.Join(", ", ids);
}
