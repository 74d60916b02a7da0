using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Checkpoints;

/// <summary>What a model's makers advise for generation: <c>generation_config.json</c>, and for the token ids <c>config.json</c> where the former is silent.</summary>
/// <param name="Ends">Tokens that end a reply.</param>
/// <param name="BosTokenId">First token of a text.</param>
/// <param name="PadTokenId">Filler in batches.</param>
/// <param name="DoSample">False: the most likely token is taken.</param>
/// <param name="Temperature">1 when not given.</param>
/// <param name="TopP">1 (off) when not given.</param>
/// <param name="TopK">0 (off) when not given: a file that does not speak of it asks for no cut.</param>
/// <param name="RepetitionPenalty">Null when not given.</param>
public sealed record GenerationDefaults(
    EndTokens Ends, int? BosTokenId, int? PadTokenId, bool DoSample, double Temperature, double TopP, int TopK, double? RepetitionPenalty)
{
    public const string FileName = "generation_config.json";

    private const int MostIds = 1_000;
    private const int LargestId = (1 << 22) - 1;
    private const double MostScale = 1e6;

    /// <summary>Ids that end a reply, of every file that names some; empty when none does.</summary>
    public IReadOnlyList<int> EosTokenIds => Ends.All;

    /// <summary>Lowest advised probability relative to the likeliest token; 0 (off) when not given.</summary>
    public double MinP { get; init; }

    /// <exception cref="BadInputException">The file is no JSON object, or a field has a wrong type; the message names the field.</exception>
    public static GenerationDefaults Load(string folder, JsonObject config)
    {
        var path = Path.Combine(folder, FileName);
        var own = File.Exists(path) ? new Fields(path, JsonObjectFile.Read(path)) : null;
        var model = new Fields(Path.Combine(folder, ModelFolder.ConfigFileName), config);
        return new GenerationDefaults(
            new EndTokens(own?.TokenIds(EndTokens.Field), model.TokenIds(EndTokens.Field), EosToken.IdOf(folder)),
            own?.TokenId("bos_token_id") ?? model.TokenId("bos_token_id"),
            own?.TokenId("pad_token_id") ?? model.TokenId("pad_token_id"),
            own?.Flag("do_sample") ?? false,
            own?.Number("temperature", 0, MostScale) ?? 1,
            own?.Number("top_p", 0, 1) ?? 1,
            (int)Math.Max(own?.Number("top_k", -1, int.MaxValue) ?? 0, 0), // -1 is how vLLM writes "off"
            own?.Number("repetition_penalty", double.Epsilon, MostScale))
        {
            MinP = own?.Number("min_p", 0, 1) ?? 0,
        };
    }

    private sealed class Fields(string source, JsonObject json)
    {
        /// <summary>Null where the file names none: a negative id is how other programs write "none".</summary>
        public IReadOnlyList<int>? TokenIds(string name)
        {
            int[] ids = json[name] switch
            {
                null => [],
                JsonArray { Count: > MostIds } list => throw new BadInputException(source, name, "too_many_ids", $"has {list.Count} ids; at most {MostIds} are read"),
                JsonArray list => [.. list.Select(item => Id(name, item))],
                var one => [Id(name, one)],
            };
            return ids.Where(id => id >= 0).ToArray() is { Length: > 0 } named ? named : null;
        }

        // Llama 3's files give eos_token_id as a list, some models also bos_token_id: the first one stands.
        public int? TokenId(string name) => TokenIds(name) is [var first, ..] ? first : null;

        public bool? Flag(string name) => json[name] is not { } node ? null
            : node.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? node.GetValue<bool>()
            : throw new BadInputException(source, name, "not_boolean", $"must be true or false");

        public double? Number(string name, double least, double most = double.MaxValue)
        {
            if (json[name] is not { } node) return null;
            if (node.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<double>(out var number) && number >= least && number <= most) return number;
            throw new BadInputException(source, name, OutOfRange(least, most, Clip(node.ToJsonString())));
        }

        private static Fault OutOfRange(double least, double most, string value) => (least == double.Epsilon, most == double.MaxValue) switch
        {
            (true, true) => Fault.Of("number_above_zero", $"must be a number from above 0 up, is {value}"),
            (true, false) => Fault.Of("number_above_zero_to", $"must be a number from above 0 to {most}, is {value}"),
            (false, true) => Fault.Of("number_from", $"must be a number from {least} up, is {value}"),
            _ => Fault.Of("number_between", $"must be a number from {least} to {most}, is {value}"),
        };

        private int Id(string name, JsonNode? node) =>
            node?.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<int>(out var id) && id <= LargestId
                ? id
                : throw new BadInputException(source, name, "not_token_id", $"must be a token id (a whole number from 0 to {LargestId}), is {Clip(node?.ToJsonString() ?? "null")}");

        private static string Clip(string text) => text.Length <= 100 ? text : $"{text[..100]}...";
    }
}
