using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Web.Tests.Models;

/// <summary>
/// A model that says the given tokens whatever it is asked, as <see cref="ScriptedModel"/> does. Its vocabulary is the single bytes, these tokens and
/// <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>, which are added tokens.
/// </summary>
internal sealed class ThinkingModel : IDisposable
{
    private const string End = "<|end|>";

    /// <param name="pieces">ASCII; every token once, as each has one successor.</param>
    /// <param name="specialMarks">Whether the marks of a thought are left out of text with the other special tokens.</param>
    /// <param name="generationPrompt">What the template ends the prompt with.</param>
    public ThinkingModel(string[] pieces, bool specialMarks = false, string generationPrompt = "A:")
    {
        var ids = Enumerable.Range(0, 256).ToDictionary(value => Spelled((char)value), value => value);
        foreach (var piece in pieces.Select(Spelled)) ids.TryAdd(piece, ids.Count);
        var vocabulary = new JsonObject(ids.Where(entry => entry.Key is not ("<think>" or "</think>")).Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
        foreach (var token in new[] { "<think>", "</think>", End }) ids.TryAdd(token, ids.Count);
        var added = new JsonArray(Added("<think>", specialMarks), Added("</think>", specialMarks), Added(End, special: true));
        Write("tokenizer.json", TokenizerJson(vocabulary, added).ToJsonString());
        Write("tokenizer_config.json", new JsonObject
        {
            ["eos_token"] = End,
            ["chat_template"] = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}" + generationPrompt + "{% endif %}",
        }.ToJsonString());
        Write("generation_config.json", $$"""{"eos_token_id":{{ids[End]}}}""");
        Save([.. pieces.Select(piece => ids[Spelled(piece)]), ids[End]], ids.Count);

        JsonObject Added(string text, bool special) => new()
        {
            ["id"] = ids[text], ["content"] = text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = special,
        };
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("r1lab-pieces-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonObject TokenizerJson(JsonObject vocabulary, JsonArray added) => new()
    {
        ["version"] = "1.0",
        ["added_tokens"] = added,
        ["normalizer"] = null,
        ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
        ["post_processor"] = null,
        ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
        ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
    };

    // GPT-2's byte alphabet: visible Latin-1 stands for itself, the rest follows from U+0100 on.
    private static string Spelled(string text) => string.Concat(text.Select(Spelled));

    private static string Spelled(char value)
    {
        static bool IsVisible(int b) => b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174;
        return (IsVisible(value) ? value : (char)(256 + Enumerable.Range(0, value).Count(b => !IsVisible(b)))).ToString();
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(Folder, name), content);

    private void Save(List<int> script, int size)
    {
        var shape = new DecoderConfig
        {
            Family = DecoderFamily.Llama, VocabSize = size, HiddenSize = size + (size % 2), IntermediateSize = 16, LayerCount = 1, HeadCount = 4, KeyValueHeadCount = 2, HeadDim = 8, MaxPositions = 2048,
        };
        using var decoder = ModelLoader.CreateRandom(shape, ComputeDevice.Cpu, ScalarType.Float32, seed: 1);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, weight) in decoder.Parameters.Where(p => p.Key.Contains("_proj.", StringComparison.Ordinal))) weight.zero_();
        decoder.Parameters["model.embed_tokens.weight"].copy_(eye(size, shape.HiddenSize));
        var next = Enumerable.Repeat((long)script[0], shape.HiddenSize).ToArray();
        for (var i = 0; i + 1 < script.Count; i++) next[script[i]] = script[i + 1];
        decoder.Parameters["lm_head.weight"].copy_(nn.functional.one_hot(tensor(next), size).to(ScalarType.Float32).mul(2).t());
        ModelLoader.Save(decoder, Folder, ScalarType.Float32);
    }
}
