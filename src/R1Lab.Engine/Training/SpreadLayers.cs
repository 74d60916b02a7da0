using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>Places a model's layers on several devices for a run, by the bytes each part keeps there.</summary>
internal static class SpreadLayers
{
    /// <param name="devices">Devices in order, with what of each may be used.</param>
    /// <param name="recipe">The effective recipe.</param>
    /// <param name="dtype">The type of weights and activations.</param>
    /// <exception cref="BadInputException">The weights alone do not fit.</exception>
    public static LayerPlacement Over(IReadOnlyList<(ComputeDevice Device, long UsableBytes)> devices, TrainingRecipe recipe, DecoderConfig config, ScalarType dtype)
    {
        var parts = BytesOf(recipe, config, dtype);
        if (EmbeddingPlace.IsHost(recipe, config, devices[0].Device.IsCuda)) parts = parts with { Embedding = 0 };
        var room = devices.Sum(device => device.UsableBytes);
        var (placement, fill) = room > 0 ? LayerPlacement.Spread(parts, devices) : (null, double.PositiveInfinity);
        return fill <= 1
            ? EmbeddingPlace.Of(recipe, config, placement!)
            : throw new BadInputException("recipe", "device_map", "device_map_room", $"the model and what is trained of it take {parts.Total / 1e9:F1} GB, and {string.Join(", ", devices.Select(device => $"{device.Device} has {device.UsableBytes / 1e9:F1} GB"))}");
    }

    /// <summary>What each part keeps on its device: weights, and with full training the gradients, masters and moments of what learns.</summary>
    public static PartBytes BytesOf(TrainingRecipe recipe, DecoderConfig config, ScalarType dtype)
    {
        var counts = DecoderShapes.Of(config).GroupBy(weight => PartOf(weight.Key, config)).ToDictionary(part => part.Key, part => part.Sum(weight => BytesOf(weight.Key, weight.Value, recipe, dtype)));
        return new PartBytes(
            (long)counts[-1], [.. Enumerable.Range(0, config.LayerCount).Select(layer => (long)counts[layer])], (long)counts.GetValueOrDefault(config.LayerCount));
    }

    private static int PartOf(string name, DecoderConfig config) =>
        DecoderShapes.LayerOf(name) ?? (name == DecoderShapes.Embedding || config.TieWordEmbeddings ? -1 : config.LayerCount);

    private static double BytesOf(string name, long[] shape, TrainingRecipe recipe, ScalarType dtype)
    {
        var numbers = shape.Aggregate(1L, (a, b) => a * b);
        var element = dtype == ScalarType.Float32 ? 4.0 : 2;
        if (recipe.Method == TrainingMethod.Qlora && name.EndsWith("_proj.weight", StringComparison.Ordinal)) element = recipe.Quantization == BaseQuantization.Int8 ? 1 : 0.52;
        if (recipe.Method != TrainingMethod.Full || !Trainables.Learns(name, recipe.FreezeLayers)) return numbers * element;
        var kept = (recipe.Optim == OptimizerType.Adamw8Bit ? 2.04 : 8) + (element < 4 ? 8 : 4); // moments, gradient, master
        return numbers * (element + kept);
    }
}
