using System.Diagnostics;
using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>Reads and writes LoRA adapter folders as PEFT keeps them: <c>adapter_config.json</c>, <c>adapter_model.safetensors</c>, <c>README.md</c>.</summary>
public static class PeftAdapter
{
    /// <summary>What every key starts with; the base model's own module path follows.</summary>
    public const string KeyPrefix = "base_model.model.";

    public const string DownSuffix = ".lora_A.weight";
    public const string UpSuffix = ".lora_B.weight";
    public const string MagnitudeSuffix = ".lora_magnitude_vector";

    /// <summary>Each expression is short, but their number times that of the tensors is not bounded by either.</summary>
    private static readonly TimeSpan LongestMatching = TimeSpan.FromSeconds(10);

    private static readonly string[] Suffixes = [DownSuffix, UpSuffix, MagnitudeSuffix];

    /// <summary>Reads an adapter.</summary>
    /// <returns>The configuration, and tensors by PEFT key: A [r, in], B [out, r], for DoRA a magnitude [out]; the caller owns the tensors.</returns>
    /// <exception cref="BadInputException">A file is missing or wrong, or the adapter uses something the engine does not compute; the message names file, tensor or field.</exception>
    public static (PeftAdapterConfig Config, IReadOnlyDictionary<string, Tensor> Tensors) Load(string folder, ComputeDevice device, ScalarType? dtype = null)
    {
        var config = PeftAdapterConfig.Load(folder);
        using var file = OpenChecked(folder, config);
        return (config, Read(file, device, dtype));
    }

    /// <summary>Writes a folder PEFT itself can load. The folder may exist; its configuration is written last, so that a half-written adapter is never taken for one.</summary>
    /// <param name="folder">The adapter folder.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="tensors">Tensors by PEFT key.</param>
    public static void Save(string folder, PeftAdapterConfig config, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        SafetensorsWriter.Write(Path.Combine(folder, WeightFiles.Adapter), tensors);
        DurableFile.WriteAllText(Path.Combine(folder, "README.md"), PeftModelCard.Text(config));
        config.Save(folder);
    }

    /// <summary>The base model's module path of a key: <c>model.layers.0.self_attn.q_proj</c>; null when the key is none of a LoRA adapter.</summary>
    public static string? ModuleOf(string key)
    {
        var suffix = Array.Find(Suffixes, s => key.EndsWith(s, StringComparison.Ordinal));
        return suffix is not null && key.StartsWith(KeyPrefix, StringComparison.Ordinal) && key.Length > KeyPrefix.Length + suffix.Length
            ? key[KeyPrefix.Length..^suffix.Length]
            : null;
    }

    /// <summary>Size of an adapter's weights on disk, in bytes; 0 where they are missing.</summary>
    public static long WeightBytes(string folder) => new FileInfo(Path.Combine(folder, WeightFiles.Adapter)) is { Exists: true } file ? file.Length : 0;

    /// <summary>Opens an adapter folder's weights and checks their headers; no tensor is read.</summary>
    /// <exception cref="BadInputException">A tensor does not fit the configuration.</exception>
    internal static SafetensorsFile OpenChecked(string folder, PeftAdapterConfig config)
    {
        var path = Path.Combine(folder, WeightFiles.Adapter);
        var file = File.Exists(path) ? SafetensorsFile.Open(path) : throw WeightFiles.Missing(folder, WeightFiles.Adapter);
        try
        {
            CheckTensors(file, config);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>All tensors by PEFT key; the caller owns them.</summary>
    internal static IReadOnlyDictionary<string, Tensor> Read(SafetensorsFile file, ComputeDevice device, ScalarType? dtype) =>
        file.Tensors.Keys.Order(StringComparer.Ordinal).ToDictionary(key => key, key => file.Read(key, device, dtype), StringComparer.Ordinal);

    private static void CheckTensors(SafetensorsFile file, PeftAdapterConfig config)
    {
        if (file.Tensors.Count == 0) throw new BadInputException(file.Path, null, "adapter_empty", $"the adapter holds no tensors");
        var start = Stopwatch.GetTimestamp();
        foreach (var (key, entry) in file.Tensors)
        {
            if (Stopwatch.GetElapsedTime(start) > LongestMatching)
                throw new BadInputException(file.Path, null, "adapter_matching_slow", $"matching its tensors with the expressions of {PeftAdapterConfig.FileName} takes longer than {LongestMatching.TotalSeconds:0} seconds");
            BadInputException Bad(string code, FormattableString reason) => new(file.Path, $"tensor \"{key}\"", code, reason);
            var module = ModuleOf(key) ?? throw Bad("adapter_foreign_tensor", $"is not part of a LoRA adapter: keys are base_model.model.<module>.lora_A.weight, .lora_B.weight or .lora_magnitude_vector");
            if (!config.Targets(module)) throw Bad("adapter_unnamed_module", $"belongs to {module}, which target_modules of {PeftAdapterConfig.FileName} does not name");
            if (SafetensorsDtype.Find(entry.Format)?.Scalar is null || !IsFloating(entry.Format)) throw Bad("adapter_dtype", $"dtype {entry.Format} is no floating type of an adapter");
            CheckShape(file, config, module, entry, Bad);
        }
    }

    private static void CheckShape(SafetensorsFile file, PeftAdapterConfig config, string module, TensorEntry entry, Func<string, FormattableString, BadInputException> bad)
    {
        TensorEntry Partner(string suffix) => file.Tensors.GetValueOrDefault($"{KeyPrefix}{module}{suffix}") ?? throw bad("adapter_partner", $"its partner {module}{suffix} is missing");
        var rank = config.RankOf(module);
        var shown = $"[{string.Join(',', entry.Shape)}]";
        if (entry.Name.EndsWith(MagnitudeSuffix, StringComparison.Ordinal))
        {
            if (!config.UseDora) throw bad("adapter_magnitude", $"is a DoRA magnitude, but use_dora is false");
            var width = Partner(UpSuffix).Shape is [var rows, ..] ? rows : 0;
            if (entry.Shape.Count != 1 || entry.Shape[0] != width) throw bad("adapter_magnitude_shape", $"has shape {shown}, must be [{width}]");
            return;
        }

        var isDown = entry.Name.EndsWith(DownSuffix, StringComparison.Ordinal);
        Partner(isDown ? UpSuffix : DownSuffix);
        if (config.UseDora) Partner(MagnitudeSuffix);
        if (entry.Shape.Count != 2 || entry.Shape[isDown ? 0 : 1] != rank) throw bad("adapter_rank_shape", $"has shape {shown}, but the rank of {module} is {rank}");
    }

    private static bool IsFloating(string format) => format[0] == 'F' || format == "BF16";
}
