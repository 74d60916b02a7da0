using R1Lab.Engine.Checkpoints;

namespace R1Lab.Engine.Modeling;

/// <summary>Compares the headers of a folder's weights with what its configuration needs, without reading a weight.</summary>
public static class ModelFolderCheck
{
    /// <param name="folder">A model folder.</param>
    /// <param name="config">Its configuration.</param>
    /// <exception cref="BadInputException">A tensor is missing or has another shape; file and tensor are named.</exception>
    public static void Weights(string folder, DecoderConfig config)
    {
        using var weights = ModelWeights.Open(folder);
        DecoderShapes.CheckLayers(weights, config);
        foreach (var (name, shape) in Decoder.ParameterShapes(config))
        {
            var found = weights.Entry(name).Shape;
            if (!found.SequenceEqual(shape)) throw WrongShape(weights.Source, name, found, shape);
        }
    }

    /// <param name="folder">A PEFT adapter folder.</param>
    /// <param name="config">Configuration of the base it shall sit on.</param>
    /// <exception cref="BadInputException">A tensor belongs to no projection of that base, or has another shape.</exception>
    public static void Adapter(string folder, DecoderConfig config)
    {
        var settings = PeftAdapterConfig.Load(folder);
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightFiles.Adapter));
        var shapes = Decoder.ParameterShapes(config);
        foreach (var (key, entry) in file.Tensors)
        {
            var module = PeftAdapter.ModuleOf(key);
            if (module is null || !shapes.TryGetValue($"{module}.weight", out var weight))
                throw new BadInputException(file.Path, $"tensor \"{key}\"", "belongs to no projection of the base model");
            var expected = Expected(key, weight, settings.RankOf(module));
            if (!entry.Shape.SequenceEqual(expected)) throw WrongShape(file.Path, key, entry.Shape, expected);
        }
    }

    private static long[] Expected(string key, long[] weight, int rank) =>
        key.EndsWith(PeftAdapter.DownSuffix, StringComparison.Ordinal) ? [rank, weight[1]]
        : key.EndsWith(PeftAdapter.UpSuffix, StringComparison.Ordinal) ? [weight[0], rank]
        : [weight[0]];

    private static BadInputException WrongShape(string file, string tensor, IReadOnlyList<long> found, IReadOnlyList<long> needed) =>
        new(file, $"tensor \"{tensor}\"", $"has shape [{string.Join(", ", found)}], but the configuration needs [{string.Join(", ", needed)}]");
}
