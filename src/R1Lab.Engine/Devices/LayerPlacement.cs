namespace R1Lab.Engine.Devices;

/// <summary>Bytes of a decoder's parts in the order a pass goes through them.</summary>
/// <param name="Embedding">The input embedding.</param>
/// <param name="Layers">Every layer with what is kept for it: adapter, gradients, moments.</param>
/// <param name="Head">Last norm and output matrix.</param>
public sealed record PartBytes(long Embedding, IReadOnlyList<long> Layers, long Head)
{
    public long Total => Embedding + Layers.Sum() + Head;
}

/// <summary>Which device each part of a decoder lives on.</summary>
/// <param name="Embedding">Where tokens are looked up; their rows go on to the first layer.</param>
/// <param name="Layers">One a layer, at least one; neighbours stay together.</param>
/// <param name="Head">Where logits come out.</param>
public sealed record LayerPlacement(ComputeDevice Embedding, IReadOnlyList<ComputeDevice> Layers, ComputeDevice Head)
{
    /// <summary>The first layer's device: what a pass needs beside the weights (angles, masks, positions) is made there.</summary>
    public ComputeDevice First => Layers[0];

    /// <summary>False: one device holds layers and head, wherever the embedding is.</summary>
    public bool IsSpread { get; } = Layers.Append(Head).Any(device => device != Layers[0]);

    /// <summary>Everything on one device.</summary>
    public static LayerPlacement Single(ComputeDevice device, int layers) => new(device, [.. Enumerable.Repeat(device, layers)], device);

    /// <summary>
    /// Spreads the parts over devices in their order, so that the fullest device is as empty as can be in proportion to its free memory.
    /// The embedding stands with the first layers, the head with the last; a device too small for anything stays empty.
    /// </summary>
    /// <param name="parts">What is to be placed.</param>
    /// <param name="devices">Devices with their free bytes, at least one of them above 0.</param>
    /// <returns>The placement, and the fullest device's share of its free memory: above 1 the parts do not fit.</returns>
    public static (LayerPlacement Placement, double Fill) Spread(PartBytes parts, IReadOnlyList<(ComputeDevice Device, long FreeBytes)> devices)
    {
        long[] sizes = [parts.Embedding, .. parts.Layers, parts.Head];
        // Everything fits on the largest device at this fill, so it is an upper bound.
        var (low, high) = (0.0, parts.Total / (double)devices.Max(device => device.FreeBytes));
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Place(sizes, devices, middle) is null ? (middle, high) : (low, middle);
        }

        var places = Place(sizes, devices, high)!.Select(at => devices[at].Device).ToArray();
        return (new LayerPlacement(places[0], places[1..^1], places[^1]), high);
    }

    // Each part on the device of the one before it while that is no fuller than asked, else on the next; null when the devices run out.
    private static int[]? Place(long[] sizes, IReadOnlyList<(ComputeDevice Device, long FreeBytes)> devices, double fill)
    {
        var places = new int[sizes.Length];
        var (at, used) = (0, 0L);
        for (var part = 0; part < sizes.Length; part++)
        {
            while (used + sizes[part] > fill * devices[at].FreeBytes * (1 + 1e-12))
            {
                if (++at == devices.Count) return null;
                used = 0;
            }

            (places[part], used) = (at, used + sizes[part]);
        }

        return places;
    }
}
