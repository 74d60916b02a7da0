using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using TorchSharp;

namespace R1Lab.Engine.Tests.Generation;

/// <summary>A random model of 259 tokens (256 bytes, a letter pair, two special tokens) in a folder of its own.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Eos = 257;

    public TinyModel(bool withTokenizer = true, int maxPositions = 512)
    {
        Folder = Directory.CreateTempSubdirectory("r1lab-tiny-").FullName;
        var config = new DecoderConfig
        {
            Family = DecoderFamily.Qwen3,
            VocabSize = 264,
            HiddenSize = 32,
            IntermediateSize = 48,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDim = 8,
            MaxPositions = maxPositions,
            QkNorm = true,
            InitializerRange = 0.4,
        };
        using (var decoder = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, torch.ScalarType.Float32, 77)) ModelLoader.Save(decoder, Folder, torch.ScalarType.Float32);
        File.WriteAllText(Path.Combine(Folder, "generation_config.json"), $$"""{"eos_token_id": [{{Eos}}, 258]}""");
        if (withTokenizer) File.WriteAllText(Path.Combine(Folder, "tokenizer.json"), TokenizerJson().ToJsonString());
    }

    public string Folder { get; }

    public LoadedModel Load() => LoadedModel.Load(Folder, ComputeDevice.Cpu);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonObject TokenizerJson()
    {
        var vocabulary = new JsonObject();
        for (var value = 0; value < 256; value++) vocabulary[Letter(value).ToString()] = value;
        vocabulary["ab"] = 256;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Special(Eos, "<eos>"), Special(258, "<end>")),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray("a b") },
        };
    }

    private static JsonObject Special(int id, string text) => new()
    {
        ["id"] = id,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    // GPT-2's byte alphabet: visible Latin-1 stands for itself, the rest follows from U+0100 on.
    private static char Letter(int value)
    {
        static bool IsVisible(int b) => b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174;
        return IsVisible(value) ? (char)value : (char)(256 + Enumerable.Range(0, value).Count(b => !IsVisible(b)));
    }
}
