using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>The weights of a model folder: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> lists. Every file is checked on opening.</summary>
public sealed class ModelWeights : IDisposable
{
    /// <summary>Every shard is mapped into memory at once; DeepSeek-R1 has 163.</summary>
    private const int MostShards = 2_000;

    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _places;

    private ModelWeights(string source, List<SafetensorsFile> files, Dictionary<string, SafetensorsFile> places)
    {
        Source = source;
        _files = files;
        _places = places;
    }

    /// <summary>The file that says which tensors there are: the weights themselves or the index.</summary>
    public string Source { get; }

    public IReadOnlyCollection<string> Names => _places.Keys;

    internal IReadOnlyList<SafetensorsFile> Files => _files;

    /// <exception cref="BadInputException">No safetensors weights, a bad file, or an index that does not fit its shards; the message names file, tensor and reason.</exception>
    public static ModelWeights Open(string folder)
    {
        if (!Directory.Exists(folder)) throw new BadInputException(folder, null, "model_folder_absent", $"the model folder does not exist");
        var single = Path.Combine(folder, WeightFiles.Single);
        if (File.Exists(single)) return OpenSingle(single);
        var index = Path.Combine(folder, WeightFiles.Index);
        if (File.Exists(index)) return OpenShards(folder, index);
        throw WeightFiles.Missing(folder, WeightFiles.Single);
    }

    /// <exception cref="BadInputException">There is no tensor of that name.</exception>
    public TensorEntry Entry(string name) => FileOf(name).Tensors[name];

    /// <summary>One tensor; on the CPU in its own type it is a view of the file that outlives this object (<see cref="SafetensorsFile.Read"/>) unless <paramref name="own"/> is set.</summary>
    /// <exception cref="BadInputException">There is no tensor of that name.</exception>
    public Tensor Read(string name, ComputeDevice device, ScalarType? dtype = null, bool own = false) => FileOf(name).Read(name, device, dtype, own);

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private SafetensorsFile FileOf(string name) =>
        _places.TryGetValue(name, out var file) ? file : throw new BadInputException(Source, $"tensor \"{name}\"", "tensor_missing", $"is missing");

    private static ModelWeights OpenSingle(string path)
    {
        var file = SafetensorsFile.Open(path);
        return new ModelWeights(path, [file], file.Tensors.Keys.ToDictionary(n => n, _ => file, StringComparer.Ordinal));
    }

    private static ModelWeights OpenShards(string folder, string index)
    {
        var map = ReadMap(index);
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach (var shard in map.Values.Distinct(StringComparer.Ordinal)) files.Add(shard, SafetensorsFile.Open(Path.Combine(folder, shard)));
            CheckNames(index, map, files);
            return new ModelWeights(index, [.. files.Values], map.ToDictionary(m => m.Key, m => files[m.Value], StringComparer.Ordinal));
        }
        catch
        {
            foreach (var file in files.Values) file.Dispose();
            throw;
        }
    }

    private static Dictionary<string, string> ReadMap(string index)
    {
        if (JsonObjectFile.Read(index, JsonObjectFile.MostIndexBytes)["weight_map"] is not JsonObject map) throw new BadInputException(index, "weight_map", "index_not_object", $"must be an object that gives each tensor its file");
        if (map.Count == 0) throw new BadInputException(index, "weight_map", "index_empty", $"names no tensor");
        if (map.Select(entry => entry.Value?.ToString()).Distinct().Count() > MostShards) throw new BadInputException(index, "weight_map", "index_files", $"names more than {MostShards} files");
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tensor, node) in map)
        {
            if (node?.GetValueKind() != JsonValueKind.String) throw new BadInputException(index, $"weight_map.{tensor}", "index_no_name", $"must be a file name");
            var shard = node.GetValue<string>();
            CheckShardName(index, tensor, shard);
            places.Add(tensor, shard);
        }

        return places;
    }

    private static void CheckShardName(string index, string tensor, string shard)
    {
        var plain = shard.Length > 0 && shard is not ("." or "..") && shard.AsSpan().IndexOfAny("/\\:\0") < 0;
        if (!plain) throw new BadInputException(index, $"weight_map.{tensor}", "index_outside", $"the file name \"{shard}\" points outside the model folder; only a plain name beside the index is allowed");
        WeightFiles.RefuseByName(shard);
        if (!shard.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) throw new BadInputException(index, $"weight_map.{tensor}", "index_not_safetensors", $"\"{shard}\" is not a safetensors file");
    }

    private static void CheckNames(string index, Dictionary<string, string> map, Dictionary<string, SafetensorsFile> files)
    {
        foreach (var (tensor, shard) in map)
        {
            if (!files[shard].Tensors.ContainsKey(tensor)) throw new BadInputException(index, $"tensor \"{tensor}\"", "index_tensor_missing", $"is said to be in {shard}, but is missing there");
        }

        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (shard, file) in files)
        {
            foreach (var tensor in file.Tensors.Keys)
            {
                if (!seen.TryAdd(tensor, shard)) throw new BadInputException(index, $"tensor \"{tensor}\"", "tensor_twice", $"duplicate: it is in {seen[tensor]} and in {shard}");
            }
        }
    }
}
