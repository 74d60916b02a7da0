using System.Text.Json.Nodes;

namespace R1Lab.Tests.Shared;

/// <summary>Ways in which a model folder cannot be loaded, and the words that a refusal must name.</summary>
internal static class ModelFaults
{
    private const string Query = "model.layers.0.self_attn.q_proj.weight";

    private static readonly Dictionary<string, (Action<string> Damage, string[] Named)> All = new()
    {
        ["float64"] = (folder => WeightEdits.StoreAs(Weights(folder), Query, "F64", 8), ["model.safetensors", Query, "F64"]),
        ["float8"] = (folder => WeightEdits.StoreAs(Weights(folder), "model.norm.weight", "F8_E4M3", 1), ["model.norm.weight", "F8_E4M3"]),
        ["int8"] = (folder => WeightEdits.StoreAs(Weights(folder), Query, "I8", 1), [Query, "I8"]),
        ["int64"] = (folder => WeightEdits.StoreAs(Weights(folder), "model.embed_tokens.weight", "I64", 8), ["model.embed_tokens.weight", "I64"]),
        ["tensor missing"] = (folder => WeightEdits.Remove(Weights(folder), "model.norm.weight"), ["model.norm.weight", "missing"]),
        ["tensor of another shape"] = (folder => WeightEdits.Reshape(Weights(folder), "model.norm.weight", 3), ["model.norm.weight", "[3]"]),
        ["tensor unknown"] = (folder => WeightEdits.Add(Weights(folder), "model.layers.0.self_attn.q_proj.weight_scale_inv", 1), ["weight_scale_inv", "not part of the model"]),
        ["file cut off"] = (folder => Cut(Weights(folder)), ["model.safetensors", "cut off"]),
        ["byte fallback"] = (folder => Tokenizer(folder, json => json["model"]!["byte_fallback"] = true), ["tokenizer.json", "byte_fallback"]),
        ["WordPiece"] = (folder => Tokenizer(folder, json => json["model"]!["type"] = "WordPiece"), ["tokenizer.json", "WordPiece"]),
        ["Metaspace"] = (folder => Tokenizer(folder, json => json["pre_tokenizer"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁"}""")), ["tokenizer.json", "pre_tokenizer"]),
        ["other decoder"] = (folder => Tokenizer(folder, json => json["decoder"] = JsonNode.Parse("""{"type":"WordPiece"}""")), ["tokenizer.json", "decoder"]),
        ["clashing added tokens"] = (folder => Tokenizer(folder, Clash), ["tokenizer.json", "added_tokens"]),
        ["tokenizer cut off"] = (folder => Cut(Path.Combine(folder, "tokenizer.json")), ["tokenizer.json"]),
        ["special token of a wrong kind"] = (folder => File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"eos_token":5}"""), ["tokenizer_config.json", "eos_token"]),
        ["config of another family"] = (folder => Config(folder, json => (json["model_type"], json["architectures"]) = ("mamba", null)), ["config.json", "model_type"]),
        ["shard missing"] = (Shard, ["model-00002-of-00002.safetensors"]),
    };

    public static IEnumerable<string> Names => All.Keys;

    /// <summary>Makes the fault in a good folder of a model with a tokenizer.</summary>
    /// <returns>What a refusal must name.</returns>
    public static IReadOnlyList<string> Make(string fault, string folder)
    {
        All[fault].Damage(folder);
        return All[fault].Named;
    }

    private static string Weights(string folder) => Path.Combine(folder, "model.safetensors");

    private static void Cut(string file)
    {
        using var stream = File.OpenWrite(file);
        stream.SetLength(stream.Length - 5);
    }

    private static void Shard(string folder)
    {
        File.Move(Weights(folder), Path.Combine(folder, "model-00001-of-00002.safetensors"));
        File.WriteAllText(
            Path.Combine(folder, "model.safetensors.index.json"),
            """{"weight_map":{"model.norm.weight":"model-00001-of-00002.safetensors","lm_head.weight":"model-00002-of-00002.safetensors"}}""");
    }

    private static void Clash(JsonNode tokenizer)
    {
        var added = tokenizer["added_tokens"]!.AsArray();
        var second = added[0]!.DeepClone();
        second["id"] = added[1]!["id"]!.GetValue<int>();
        added.Add(second);
    }

    private static void Tokenizer(string folder, Action<JsonNode> change) => Change(Path.Combine(folder, "tokenizer.json"), change);

    private static void Config(string folder, Action<JsonNode> change) => Change(Path.Combine(folder, "config.json"), change);

    private static void Change(string file, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
