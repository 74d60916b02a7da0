using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;

namespace R1Lab.Engine.Modeling;

/// <summary>Names and shapes of a decoder's weights.</summary>
internal static class DecoderShapes
{
    public const string Embedding = "model.embed_tokens.weight";

    private const string LayerPrefix = "model.layers.";

    /// <summary>The layer a weight belongs to; null for embedding, last norm and output matrix.</summary>
    public static int? LayerOf(string name) => name.StartsWith(LayerPrefix, StringComparison.Ordinal)
        ? int.Parse(name.AsSpan(LayerPrefix.Length, name.IndexOf('.', LayerPrefix.Length) - LayerPrefix.Length), System.Globalization.CultureInfo.InvariantCulture)
        : null;

    /// <summary>The device a weight belongs on. The last norm stands with the matrix behind it, which is the embedding where both are tied.</summary>
    public static ComputeDevice PlaceOf(string name, DecoderConfig config, LayerPlacement placement) =>
        LayerOf(name) is { } layer ? placement.Layers[layer] : name == Embedding || config.TieWordEmbeddings ? placement.Embedding : placement.Head;

    /// <summary>Checks that the weights hold the layers a config names, before anything is made for each of those layers.</summary>
    /// <exception cref="BadInputException">They hold fewer; the message names the config's file and field.</exception>
    public static void CheckLayers(ModelWeights weights, DecoderConfig config)
    {
        var present = weights.Names.Count(name => name.StartsWith(LayerPrefix, StringComparison.Ordinal) && name.EndsWith(".input_layernorm.weight", StringComparison.Ordinal));
        if (present >= config.LayerCount) return;
        var source = Path.Combine(Path.GetDirectoryName(weights.Source)!, ModelFolder.ConfigFileName);
        throw new BadInputException(source, "num_hidden_layers", "layers_differ", $"is {config.LayerCount}, but {Path.GetFileName(weights.Source)} holds {present} layers: model.layers.{present}. is missing");
    }

    public static IReadOnlyDictionary<string, long[]> Of(DecoderConfig config)
    {
        var shapes = new OrderedDictionary<string, long[]> { [Embedding] = [config.VocabSize, config.HiddenSize] };
        for (var layer = 0; layer < config.LayerCount; layer++) AddLayer(shapes, config, layer);
        shapes["model.norm.weight"] = [config.HiddenSize];
        if (!config.TieWordEmbeddings) shapes["lm_head.weight"] = [config.VocabSize, config.HiddenSize];
        return shapes;
    }

    /// <summary>The linear maps of all layers, which adapters can be put on, in the order of the forward pass.</summary>
    public static IEnumerable<(string Path, long Outputs, long Inputs)> Projections(DecoderConfig config) =>
        from layer in Enumerable.Range(0, config.LayerCount)
        from kind in Enum.GetValues<ProjectionKind>()
        let sizes = Sizes(config, kind)
        select (Projection.PathOf(layer, kind), sizes.Outputs, sizes.Inputs);

    private static void AddLayer(OrderedDictionary<string, long[]> shapes, DecoderConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}.";
        foreach (var kind in Enum.GetValues<ProjectionKind>())
        {
            var (outputs, inputs) = Sizes(config, kind);
            var path = Projection.PathOf(layer, kind);
            shapes[$"{path}.weight"] = [outputs, inputs];
            if (HasBias(config, kind)) shapes[$"{path}.bias"] = [outputs];
        }

        if (config.QkNorm)
        {
            shapes[$"{prefix}self_attn.q_norm.weight"] = [config.HeadDim];
            shapes[$"{prefix}self_attn.k_norm.weight"] = [config.HeadDim];
        }

        shapes[$"{prefix}input_layernorm.weight"] = [config.HiddenSize];
        shapes[$"{prefix}post_attention_layernorm.weight"] = [config.HiddenSize];
    }

    private static (long Outputs, long Inputs) Sizes(DecoderConfig config, ProjectionKind kind)
    {
        long hidden = config.HiddenSize, queries = (long)config.HeadCount * config.HeadDim;
        return kind switch
        {
            ProjectionKind.Q => (queries, hidden),
            ProjectionKind.K or ProjectionKind.V => ((long)config.KeyValueHeadCount * config.HeadDim, hidden),
            ProjectionKind.O => (hidden, queries),
            ProjectionKind.Down => (hidden, config.IntermediateSize),
            _ => (config.IntermediateSize, hidden),
        };
    }

    private static bool HasBias(DecoderConfig config, ProjectionKind kind) => kind switch
    {
        ProjectionKind.Q or ProjectionKind.K or ProjectionKind.V => config.QkvBias,
        ProjectionKind.O => config.OutputBias,
        _ => config.MlpBias,
    };
}
