using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tokenization;
using TorchSharp;

namespace R1Lab.Samples.Making;

/// <summary>The demo model before and after its pre-training.</summary>
public static class DemoModel
{
    private const int MaxPositions = 512;
    private const long WeightSeed = 7;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>Writes a whole model folder with fresh weights: vocabulary, template, config.</summary>
    public static void CreateFresh(string folder)
    {
        Directory.CreateDirectory(folder);
        var tokenizer = DemoVocabulary.Train(folder, MaxPositions);
        var config = Shape(tokenizer.VocabularySize);
        File.WriteAllText(Path.Combine(folder, "config.json"), ConfigFile(config, tokenizer).ToJsonString(Readable) + "\n");
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), GenerationFile(tokenizer).ToJsonString(Readable) + "\n");
        using var decoder = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, torch.ScalarType.Float32, WeightSeed);
        ModelLoader.Save(decoder, folder, torch.ScalarType.Float32, folder);
    }

    /// <summary>Writes the trained weights in bfloat16, with the files beside them.</summary>
    public static void Publish(string trainedFolder, string folder)
    {
        using var decoder = ModelLoader.Load(trainedFolder, ComputeDevice.Cpu, torch.ScalarType.Float32);
        ModelLoader.Save(decoder, folder, torch.ScalarType.BFloat16, trainedFolder);
    }

    private static DecoderConfig Shape(int vocabulary) => new()
    {
        Family = DecoderFamily.Qwen3,
        VocabSize = vocabulary,
        HiddenSize = 256,
        IntermediateSize = 1024,
        LayerCount = 3,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        HeadDim = 64,
        MaxPositions = MaxPositions,
        TieWordEmbeddings = true,
        QkNorm = true,
    };

    private static JsonObject ConfigFile(DecoderConfig config, Tokenizer tokenizer)
    {
        var json = config.ToJson("float32");
        (json["bos_token_id"], json["eos_token_id"]) = (tokenizer.BosId, tokenizer.EosId);
        return json;
    }

    // Greedy unless asked otherwise: a sum has one answer.
    private static JsonObject GenerationFile(Tokenizer tokenizer) => new()
    {
        ["bos_token_id"] = tokenizer.BosId,
        ["do_sample"] = false,
        ["eos_token_id"] = tokenizer.EosId,
        ["pad_token_id"] = tokenizer.PadId,
    };
}
