using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>
/// What memory a recipe needs on a device: numbers in, numbers out, so that moving a knob is answered at once. A run needs memory differently at
/// different moments; the plan is that of the moment that needs most.
/// </summary>
public sealed record MemoryPlan
{
    /// <summary>The moment that needs most.</summary>
    public required MemoryMoment Moment { get; init; }

    /// <summary>What is taken at that moment, in the order of <see cref="MemoryPart"/>; parts of no bytes are left out.</summary>
    public required IReadOnlyList<MemoryShare> Shares { get; init; }

    /// <summary>What every moment takes in all.</summary>
    public required IReadOnlyDictionary<MemoryMoment, long> Moments { get; init; }

    /// <summary>What this process can have on the device.</summary>
    public required long UsableBytes { get; init; }

    /// <summary>Bytes that a run on a card keeps in the machine's own memory besides: block inputs that wait there, and an embedding that cannot be read in place. 0 on the CPU.</summary>
    public required long HostBytes { get; init; }

    public long TotalBytes => Shares.Sum(share => share.Bytes);

    public bool Fits => TotalBytes <= UsableBytes;

    /// <summary>Bytes left; below 0, bytes missing.</summary>
    public long SpareBytes => UsableBytes - TotalBytes;

    public long BytesOf(MemoryPart part) => Shares.FirstOrDefault(share => share.Part == part)?.Bytes ?? 0;

    /// <summary>Weights and what is kept for those that learn, without the program and any batch.</summary>
    internal static long StoredBytes(TrainingRecipe recipe, DecoderConfig model, DeviceCapacity device) =>
        new MemoryNeeds(recipe.Effective(), model, new MemoryFacts { LongestRow = 1, RuntimeBytes = 0 }, device).At(MemoryMoment.Update)
            .Where(share => share.Part is MemoryPart.Weights or MemoryPart.Adapter or MemoryPart.Gradients or MemoryPart.Optimizer).Sum(share => share.Bytes);

    /// <param name="recipe">The recipe as the user wrote it.</param>
    /// <param name="model">Shape of the base model.</param>
    /// <param name="facts">What data and surroundings add.</param>
    /// <param name="device">Where it would run.</param>
    public static MemoryPlan Of(TrainingRecipe recipe, DecoderConfig model, MemoryFacts facts, DeviceCapacity device)
    {
        var needs = new MemoryNeeds(recipe.Effective(), model, facts, device);
        var moments = Enum.GetValues<MemoryMoment>().ToDictionary(moment => moment, needs.At);
        var (worst, shares) = moments.MaxBy(moment => moment.Value.Sum(share => share.Bytes));
        return new MemoryPlan
        {
            Moment = worst,
            Shares = shares,
            Moments = moments.ToDictionary(moment => moment.Key, moment => moment.Value.Sum(share => share.Bytes)),
            UsableBytes = device.UsableBytes,
            HostBytes = needs.OnHost,
        };
    }
}
