using System.Buffers.Binary;
using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

/// <summary>Reads golden numbers by itself, so that a fault in the engine's own reader cannot hide behind them.</summary>
internal static class GoldenTensors
{
    public static readonly string[] Models = ["llama_base", "llama_rope3_tied", "llama_linear_bias", "qwen2", "qwen3", "qwen3_yarn"];

    public static IReadOnlyDictionary<string, Tensor> Read(params string[] path)
    {
        var bytes = File.ReadAllBytes(ReferenceFiles.Golden(["huggingface", .. path]));
        var headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var header = JsonNode.Parse(bytes.AsSpan(8, headerLength))!.AsObject();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, entry) in header.Where(e => e.Key != "__metadata__"))
        {
            var start = (int)entry!["data_offsets"]![0]! + 8 + headerLength;
            var end = (int)entry["data_offsets"]![1]! + 8 + headerLength;
            var shape = entry["shape"]!.AsArray().Select(s => (long)s!).ToArray();
            var type = (string)entry["dtype"]! switch { "F32" => ScalarType.Float32, "I64" => ScalarType.Int64, "BF16" => ScalarType.BFloat16, "F16" => ScalarType.Float16, var other => throw new NotSupportedException(other) };
            var tensor = empty(shape, dtype: type);
            bytes.AsSpan(start, end - start).CopyTo(tensor.bytes);
            tensors[name] = tensor;
        }

        return tensors;
    }

    public static JsonObject Json(params string[] path) => JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden(["huggingface", .. path])))!.AsObject();

    public static DecoderConfig Config(string model) => DecoderConfig.Parse(Json("models", model, "config.json"), "config.json");

    /// <summary>Largest absolute difference.</summary>
    public static float Distance(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        return (actual.to(ScalarType.Float32) - expected.to(ScalarType.Float32)).abs().max().item<float>();
    }
}
