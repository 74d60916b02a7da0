using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Writes a model's weights into a folder as Hugging Face does: <c>model.safetensors</c>, or, above a size, shards
/// <c>model-00001-of-0000N.safetensors</c> with <c>model.safetensors.index.json</c>.
/// </summary>
public static partial class ShardedSafetensorsWriter
{
    public const long DefaultShardBytes = 5_000_000_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the weights, then removes weight files of an earlier save that no longer belong to them.</summary>
    /// <param name="folder">The model folder; made when missing.</param>
    /// <param name="tensors">Names and tensors, in the model's own order: shards are filled in that order.</param>
    /// <param name="dtype">When given, floating tensors are converted to it while they are written.</param>
    /// <param name="maxShardBytes">No shard is larger, unless one tensor alone is.</param>
    /// <exception cref="NotEnoughSpaceException">The disk has too little room; nothing was changed.</exception>
    public static void Write(string folder, IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType? dtype = null, long maxShardBytes = DefaultShardBytes)
    {
        Directory.CreateDirectory(folder);
        var shards = Split(tensors, dtype, maxShardBytes);
        DurableFile.RequireSpace(folder, shards.Sum(s => s.Sum(t => SafetensorsWriter.BytesOf(t.Value, dtype))));
        var names = shards.Count == 1
            ? [WeightFiles.Single]
            : Enumerable.Range(1, shards.Count).Select(i => $"model-{i:D5}-of-{shards.Count:D5}.safetensors").ToList();
        for (var i = 0; i < shards.Count; i++) SafetensorsWriter.Write(Path.Combine(folder, names[i]), shards[i], dtype: dtype);
        if (shards.Count > 1) WriteIndex(folder, shards, names, dtype);
        RemoveOld(folder, names);
    }

    private static List<List<KeyValuePair<string, Tensor>>> Split(IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType? dtype, long maxShardBytes)
    {
        List<List<KeyValuePair<string, Tensor>>> shards = [[]];
        var filled = 0L;
        foreach (var tensor in tensors)
        {
            var bytes = SafetensorsWriter.BytesOf(tensor.Value, dtype);
            if (shards[^1].Count > 0 && filled + bytes > maxShardBytes)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(tensor);
            filled += bytes;
        }

        return shards;
    }

    private static void WriteIndex(string folder, List<List<KeyValuePair<string, Tensor>>> shards, List<string> names, ScalarType? dtype)
    {
        var places = shards.SelectMany((shard, i) => shard.Select(t => (t.Key, Shard: names[i]))).OrderBy(p => p.Key, StringComparer.Ordinal);
        var index = new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(s => s.Sum(t => SafetensorsWriter.BytesOf(t.Value, dtype))) },
            ["weight_map"] = new JsonObject(places.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Shard))),
        };
        DurableFile.WriteAllText(Path.Combine(folder, WeightFiles.Index), $"{index.ToJsonString(Indented)}\n");
    }

    private static void RemoveOld(string folder, List<string> names)
    {
        var isSharded = names.Count > 1;
        foreach (var file in Directory.GetFiles(folder, "model*.safetensors*"))
        {
            var name = Path.GetFileName(file);
            var old = name == WeightFiles.Index ? !isSharded : (name == WeightFiles.Single || ShardName().IsMatch(name)) && !names.Contains(name);
            if (old) File.Delete(file);
        }

        DurableFolder.Flush(folder);
    }

    [GeneratedRegex(@"^model-\d{5}-of-\d{5}\.safetensors$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ShardName();
}
