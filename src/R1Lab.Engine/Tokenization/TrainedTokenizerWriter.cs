using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Tokenization;

/// <summary>Writes a learned vocabulary as Hugging Face's tokenizer.json and tokenizer_config.json, laid out as Qwen's.</summary>
internal static class TrainedTokenizerWriter
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(string folder, IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges, BpeTrainerSettings settings)
    {
        var added = settings.SpecialTokens.Select(token => (token, true)).Concat(settings.AddedTokens.Select(token => (token, false)))
            .Select((entry, index) => (Id: tokens.Count + index, Content: entry.token, Special: entry.Item2)).ToArray();
        Save(Path.Combine(folder, "tokenizer.json"), new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. added.Select(token => Flags(token.Content, token.Special, token.Id))]),
            ["normalizer"] = new JsonObject { ["type"] = "NFC" },
            ["pre_tokenizer"] = PreTokenizer(),
            ["post_processor"] = settings.AddBosToken ? LeadingBos(settings.BosToken!, added.First(token => token.Content == settings.BosToken).Id) : ByteLevel(),
            ["decoder"] = ByteLevel(),
            ["model"] = Model(tokens, merges),
        });
        Save(Path.Combine(folder, "tokenizer_config.json"), Configuration(added, settings));
    }

    private static JsonObject Model(IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = null,
        ["continuing_subword_prefix"] = "",
        ["end_of_word_suffix"] = "",
        ["fuse_unk"] = false,
        ["byte_fallback"] = false,
        ["ignore_merges"] = false,
        ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))),
        ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)$"{merge.Left} {merge.Right}")]),
    };

    private static JsonObject PreTokenizer() => new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject
            {
                ["type"] = "Split",
                ["pattern"] = new JsonObject { ["Regex"] = WordScanner.QwenExpression },
                ["behavior"] = "Isolated",
                ["invert"] = false,
            },
            ByteLevel()),
    };

    private static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false };

    private static JsonObject LeadingBos(string bos, int id)
    {
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(0), Sequence("A", 0)),
            ["pair"] = new JsonArray(Special(0), Sequence("A", 0), Special(1), Sequence("B", 1)),
            ["special_tokens"] = new JsonObject { [bos] = new JsonObject { ["id"] = bos, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(bos) } },
        };

        JsonNode Special(int type) => new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = bos, ["type_id"] = type } };
        static JsonNode Sequence(string name, int type) => new JsonObject { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
    }

    private static JsonObject Configuration((int Id, string Content, bool Special)[] added, BpeTrainerSettings settings)
    {
        var configuration = new JsonObject
        {
            ["add_bos_token"] = settings.AddBosToken,
            ["add_eos_token"] = false,
            ["added_tokens_decoder"] = new JsonObject(added.Select(token => KeyValuePair.Create($"{token.Id}", (JsonNode?)Flags(token.Content, token.Special)))),
            ["bos_token"] = settings.BosToken,
            ["eos_token"] = settings.EosToken,
            ["pad_token"] = settings.PadToken,
            ["unk_token"] = null,
            ["clean_up_tokenization_spaces"] = false,
            ["model_max_length"] = settings.ModelMaxLength,
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
        };
        if (settings.ChatTemplate is { } template) configuration["chat_template"] = template;
        return configuration;
    }

    private static JsonObject Flags(string content, bool special, int? id = null)
    {
        var flags = new JsonObject
        {
            ["content"] = content,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = special,
        };
        if (id is { } number) flags.Insert(0, "id", number);
        return flags;
    }

    private static void Save(string file, JsonObject content) => File.WriteAllText(file, content.ToJsonString(Readable) + "\n");
}
