using System.Security.Cryptography;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tokenization;
using static TorchSharp.torch;

namespace R1Lab.Engine.Generation;

/// <summary>One base model in memory with its tokenizer, chat template and any number of adapters by name. Safe to use from several threads.</summary>
public sealed class LoadedModel : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LoadedAdapter> _adapters = new(StringComparer.Ordinal);
    private readonly string _baseFingerprint;
    private readonly FileStamps _stamps;

    private LoadedModel(ModelFolder folder, FileStamps stamps, ModelText text, Decoder decoder)
    {
        _stamps = stamps;
        Folder = folder.Path;
        Decoder = decoder;
        Text = text;
        ThoughtMarks = ThoughtMarks.Of(Tokenizer, ChatTemplate);
        Defaults = folder.Generation;
        _baseFingerprint = Hash(folder.Fingerprint, decoder.Dtype.ToString(), ChatTemplate?.Source ?? "");
    }

    public string Folder { get; }

    public Decoder Decoder { get; }

    /// <summary>Tokenizer and chat template, and what is wrong with the latter.</summary>
    public ModelText Text { get; }

    /// <summary>Null: the folder has none; requests by token ids work.</summary>
    public Tokenizer? Tokenizer => Text.Tokenizer;

    /// <summary>Null: the folder has none that can be used.</summary>
    public ChatTemplate? ChatTemplate => Text.Template;

    /// <summary>How it marks its thoughts.</summary>
    public ThoughtMarks ThoughtMarks { get; }

    public GenerationDefaults Defaults { get; }

    /// <summary>Names of the adapters in memory.</summary>
    public IReadOnlyCollection<string> Adapters
    {
        get
        {
            lock (_gate) return [.. _adapters.Keys];
        }
    }

    /// <summary>Bytes of base and adapters.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_gate) return Decoder.MemoryBytes + _adapters.Values.Sum(a => a.Set.MemoryBytes);
        }
    }

    /// <param name="folder">A model folder.</param>
    /// <param name="device">Where it will live.</param>
    /// <param name="dtype">As <see cref="ModelLoader.Load(string, ComputeDevice, ScalarType?)"/> takes it.</param>
    /// <param name="capacity">What the device has; null asks it.</param>
    /// <exception cref="BadInputException">Something in the folder is missing, broken or not supported; the message names file, place and reason.</exception>
    /// <exception cref="MemoryRefusedException">The device has too little memory; nothing was read.</exception>
    public static LoadedModel Load(string folder, ComputeDevice device, ScalarType? dtype = null, DeviceCapacity? capacity = null) =>
        Load(ModelDescription.Read(folder), device, dtype, capacity);

    /// <summary>The same of a folder that was read and checked before.</summary>
    /// <inheritdoc cref="Load(string, ComputeDevice, ScalarType?, DeviceCapacity?)"/>
    public static LoadedModel Load(ModelDescription description, ComputeDevice device, ScalarType? dtype = null, DeviceCapacity? capacity = null)
    {
        var folder = description.Folder;
        Plan(folder.Path, description.Config, dtype, capacity ?? DeviceCapacity.Read(device));
        var stamps = FileStamps.Of(folder.Path);
        var decoder = ModelLoader.Load(folder.Path, device, dtype);
        try
        {
            return new LoadedModel(folder, stamps, description.Text, decoder);
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer and template of a folder over its decoder, which is in memory already and stays the caller's: not to be disposed.</summary>
    /// <exception cref="BadInputException">The tokenizer cannot be used.</exception>
    internal static LoadedModel Over(string folder, Decoder decoder) => new(ModelFolder.Open(folder), FileStamps.Of(folder), ModelText.Read(folder), decoder);

    /// <summary>Reads a PEFT folder as an adapter of this base; one of the same name is replaced, requests that use the old one finish with it.</summary>
    /// <exception cref="BadInputException">The adapter is broken or does not fit the base.</exception>
    public void AddAdapter(string name, string folder)
    {
        var (stamps, fingerprint) = (FileStamps.Of(folder), ModelFolder.Open(folder).Fingerprint);
        var added = new LoadedAdapter(AdapterSet.Load(Decoder, folder, trainable: false), fingerprint) { Stamps = stamps };
        LoadedAdapter? old;
        lock (_gate)
        {
            _adapters.Remove(name, out old);
            _adapters[name] = added;
        }

        old?.Release();
    }

    /// <summary>Forgets an adapter; nothing happens when there is none of that name.</summary>
    public void RemoveAdapter(string name)
    {
        LoadedAdapter? old;
        lock (_gate) _adapters.Remove(name, out old);
        old?.Release();
    }

    /// <summary>SHA-256 (hex) over base weights, dtype, tokenizer, chat template and adapter: the same text may be expected only of the same fingerprint.</summary>
    /// <param name="adapter">Null: the base alone.</param>
    /// <exception cref="BadInputException">There is no such adapter.</exception>
    public string Fingerprint(string? adapter)
    {
        if (adapter is null) return _baseFingerprint;
        lock (_gate) return Hash(_baseFingerprint, Find(adapter).Fingerprint);
    }

    /// <summary>What can be said about its text.</summary>
    /// <param name="name">The name it was asked for by.</param>
    public ModelVocabulary Vocabulary(string name) => new(name, Text, Defaults, Decoder.Config);

    /// <summary>Whether other files stand in the folder now than those that were read. The model answers as it was loaded all the same.</summary>
    /// <param name="adapter">Looks at its folder too; null, or one that is not loaded: at that of the base alone.</param>
    public bool HasChangedFiles(string? adapter)
    {
        lock (_gate) return _stamps.HaveChanged || (adapter is not null && _adapters.GetValueOrDefault(adapter)?.Stamps?.HaveChanged == true);
    }

    /// <summary>The adapter for one request; the caller releases it.</summary>
    internal LoadedAdapter Use(string adapter)
    {
        lock (_gate) return Find(adapter).Use();
    }

    public void Dispose()
    {
        foreach (var name in Adapters) RemoveAdapter(name);
        Decoder.Dispose();
    }

    // Linux gives memory that it does not have and kills the process later: the weights are counted before the first of them is read.
    private static void Plan(string folder, DecoderConfig config, ScalarType? dtype, DeviceCapacity capacity)
    {
        var needs = ServingNeeds.Of(config, capacity.IsCuda, element: dtype is null ? null : dtype == ScalarType.Float32 ? 4 : 2);
        if (needs.TotalBytes > capacity.FreeBytes) throw new MemoryRefusedException($"The model in {folder}", needs.TotalBytes, capacity.FreeBytes, capacity.Name);
    }

    private LoadedAdapter Find(string name) => _adapters.GetValueOrDefault(name)
        ?? throw new BadInputException(Folder, "adapter", "adapter_not_loaded", $"no adapter named '{name}' is loaded");

    private static string Hash(params string[] parts) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', parts))));
}
