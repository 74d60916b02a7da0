using R1Lab.Engine.Checkpoints;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// A model folder whose configuration and weights are known to fit together. Everything is read from the files' headers: what passes here is loaded,
/// and what is not loaded is refused here, before a weight is read.
/// </summary>
public sealed class DecoderFolder : IDisposable
{
    private static readonly Dictionary<ScalarType, string> Readable = new()
    {
        [ScalarType.Float32] = "float32",
        [ScalarType.BFloat16] = "bfloat16",
        [ScalarType.Float16] = "float16",
    };

    private DecoderFolder(ModelFolder folder, DecoderConfig config, ModelWeights weights) => (Folder, Config, Weights) = (folder, config, weights);

    /// <summary>The folder's description.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Shape and arithmetic of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The open files.</summary>
    public ModelWeights Weights { get; }

    /// <summary>Opens the files and compares names, shapes and types of all tensors with what the configuration needs.</summary>
    /// <exception cref="BadInputException">Something is missing, broken, or not computed by this engine; the message names file, tensor or field.</exception>
    public static DecoderFolder Open(string path)
    {
        var folder = ModelFolder.Open(path);
        if (folder.Kind != ModelFolderKind.Model) throw new BadInputException(path, null, "adapter_as_base", $"is an adapter folder: load its base model and add the adapter to it");
        var config = DecoderConfig.Parse(folder.ConfigJson, Path.Combine(path, ModelFolder.ConfigFileName));
        var weights = ModelWeights.Open(path);
        try
        {
            DecoderShapes.CheckLayers(weights, config);
            Check(weights, Decoder.ParameterShapes(config), config);
            return new DecoderFolder(folder, config, weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The same check for those who need only the description.</summary>
    /// <inheritdoc cref="Open"/>
    public static (ModelFolder Folder, DecoderConfig Config) Read(string path)
    {
        using var opened = Open(path);
        return (opened.Folder, opened.Config);
    }

    public void Dispose() => Weights.Dispose();

    private static void Check(ModelWeights weights, IReadOnlyDictionary<string, long[]> shapes, DecoderConfig config)
    {
        var present = weights.Names.ToHashSet();
        foreach (var (name, shape) in shapes)
        {
            BadInputException Bad(string code, FormattableString reason) => new(weights.Source, $"tensor \"{name}\"", code, reason);
            if (!present.Contains(name)) throw Bad("tensor_asked_for", $"is missing: config.json asks for it");
            var entry = weights.Entry(name);
            if (!entry.Shape.SequenceEqual(shape)) throw Bad("tensor_shape", $"has shape [{string.Join(',', entry.Shape)}], config.json asks for [{string.Join(',', shape)}]");
            if (!Readable.ContainsKey(entry.Dtype)) throw Bad("tensor_format", $"is stored as {entry.Format}: {string.Join(", ", Readable.Values)} can be read");
        }

        if (present.FirstOrDefault(name => !shapes.ContainsKey(name) && !IsHarmless(name, config)) is { } unknown)
            throw new BadInputException(weights.Source, $"tensor \"{unknown}\"", "tensor_unknown", $"is not part of the model that config.json describes");
    }

    // Old files carry the rotary frequencies, which follow from the config; some carry a copy of tied embeddings.
    private static bool IsHarmless(string name, DecoderConfig config) =>
        name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal) || (name == "lm_head.weight" && config.TieWordEmbeddings);
}
