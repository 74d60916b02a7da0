using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>A tokenizer of single bytes (GPT-2's byte alphabet without merges) with a few added tokens; <c>^</c> begins and <c>$</c> ends a text.</summary>
internal static class ByteVocabulary
{
    /// <summary>Writes the files where they are not there yet and loads them.</summary>
    /// <param name="special">Added tokens that are skipped when text is shown, those two among them.</param>
    /// <param name="plain">Added tokens that are not.</param>
    public static Tokenizer Write(string folder, string[] special, string[] plain)
    {
        var file = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, Json(special, plain).ToJsonString());
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"bos_token":"^","eos_token":"$"}""");
        }

        return Tokenizer.Load(folder);
    }

    private static JsonObject Json(string[] special, string[] plain)
    {
        var printable = Enumerable.Range(33, 94).Concat(Enumerable.Range(161, 12)).Concat(Enumerable.Range(174, 82)).ToHashSet();
        var (next, vocabulary) = (256, new JsonObject());
        for (var value = 0; value < 256; value++) vocabulary[((char)(printable.Contains(value) ? value : next++)).ToString()] = value;
        vocabulary.Remove("^");
        vocabulary.Remove("$");
        vocabulary["unused1"] = (int)'^';
        vocabulary["unused2"] = (int)'$';
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. special.Concat(plain).Select((text, i) => new JsonObject
            {
                ["id"] = 256 + i, ["content"] = text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = i < special.Length,
            })]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
    }
}
