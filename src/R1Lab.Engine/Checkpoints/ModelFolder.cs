using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>What a folder holds: a whole model or a PEFT adapter to one.</summary>
public enum ModelFolderKind { Model, Adapter }

/// <summary>A Hugging Face model or adapter folder: its description and what kind it is. Opening it checks every weight file's header, but reads no weights.</summary>
public sealed class ModelFolder
{
    public const string ConfigFileName = "config.json";

    private static readonly string[] TokenizerFiles = ["tokenizer.json"];

    private readonly Lazy<string> _weights;
    private readonly Lazy<string> _fingerprint;

    private ModelFolder(string path, ModelFolderKind kind, JsonObject config, GenerationDefaults generation)
    {
        Path = path;
        Kind = kind;
        ConfigJson = config;
        Generation = generation;
        _weights = new Lazy<string>(() => ModelFingerprint.OfWeights(this));
        _fingerprint = new Lazy<string>(() => kind == ModelFolderKind.Adapter ? WeightsFingerprint : ModelFingerprint.Join(WeightsFingerprint, ModelFingerprint.OfText(path)));
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    public ModelFolderKind Kind { get; }

    /// <summary><c>config.json</c> of a model, <c>adapter_config.json</c> of an adapter.</summary>
    public JsonObject ConfigJson { get; }

    public GenerationDefaults Generation { get; }

    /// <summary>True when text can be turned into tokens; a folder without works with token ids only.</summary>
    public bool HasTokenizer => TokenizerFiles.Any(f => File.Exists(System.IO.Path.Combine(Path, f)));

    /// <summary>
    /// SHA-256 (hex) over <see cref="WeightsFingerprint"/> and, of a model, everything that decides how it is asked: the tokenizer's files, the chat
    /// templates and the generation defaults. An adapter is asked as its base is.
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>
    /// SHA-256 (hex) over the configuration, every weight file's name, size and header, and samples of its bytes (all of them up to 16 MB):
    /// cheap for any size, and different for two fine-tunes of one model.
    /// </summary>
    public string WeightsFingerprint => _weights.Value;

    /// <summary>What PyTorch calls the type most of the weights are stored in (<c>float32</c>, <c>bfloat16</c>), by the files' headers; null where there are none.</summary>
    public string? Dtype { get; private init; }

    /// <summary>An adapter's own description; null for a model.</summary>
    public PeftAdapterConfig? Adapter { get; private init; }

    /// <exception cref="BadInputException">The folder is missing, holds neither model nor adapter, only pickle or GGUF weights, or a bad file; the message names it.</exception>
    public static ModelFolder Open(string path)
    {
        WeightFiles.RefuseByName(path);
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(full)) throw new BadInputException(path, null, File.Exists(full)
            ? Fault.Of("model_is_file", $"is a file: give the folder that holds config.json and the weights")
            : Fault.Of("folder_absent", $"the folder does not exist"));
        return IsAdapter(full) ? OpenAdapter(full) : OpenModel(full);
    }

    /// <summary>Looks for model and adapter folders below the given folders, Hugging Face cache layout included. Bad folders are listed with the reason.</summary>
    public static IEnumerable<ModelFolderListing> Scan(IEnumerable<string> roots) => new ModelFolderScan().Run(roots);

    /// <summary>SHA-256 (hex) over the files of a model folder that turn conversations into tokens: tokenizer, chat templates, generation defaults.</summary>
    public static string TextFingerprintOf(string folder) => ModelFingerprint.OfText(folder);

    internal static bool LooksLikeOne(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, ConfigFileName)) || File.Exists(System.IO.Path.Combine(folder, PeftAdapterConfig.FileName));

    private static bool IsAdapter(string folder)
    {
        bool Has(string name) => File.Exists(System.IO.Path.Combine(folder, name));
        return Has(PeftAdapterConfig.FileName) && !(Has(ConfigFileName) && (Has(WeightFiles.Single) || Has(WeightFiles.Index)) && !Has(WeightFiles.Adapter));
    }

    private static ModelFolder OpenModel(string folder)
    {
        var config = System.IO.Path.Combine(folder, ConfigFileName);
        if (!File.Exists(config) && !File.Exists(System.IO.Path.Combine(folder, WeightFiles.Single)) && !File.Exists(System.IO.Path.Combine(folder, WeightFiles.Index)))
            throw WeightFiles.Missing(folder, $"{ConfigFileName} with {WeightFiles.Single}");
        var json = JsonObjectFile.Read(config);
        using var weights = ModelWeights.Open(folder);
        var dtype = SafetensorsDtype.MostOf(weights.Files.SelectMany(file => file.Tensors.Values));
        return new ModelFolder(folder, ModelFolderKind.Model, json, GenerationDefaults.Load(folder, json)) { Dtype = dtype };
    }

    private static ModelFolder OpenAdapter(string folder)
    {
        var adapter = PeftAdapterConfig.Load(folder);
        using var weights = PeftAdapter.OpenChecked(folder, adapter);
        var json = JsonObjectFile.Read(System.IO.Path.Combine(folder, PeftAdapterConfig.FileName));
        return new ModelFolder(folder, ModelFolderKind.Adapter, json, GenerationDefaults.Load(folder, [])) { Adapter = adapter, Dtype = SafetensorsDtype.MostOf(weights.Tensors.Values) };
    }
}
