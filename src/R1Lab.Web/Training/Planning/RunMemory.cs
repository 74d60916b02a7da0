using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>All that the memory plan needs beside the recipe, gathered once: a form can then answer every change of a knob by itself.</summary>
public sealed record RunMemory(DecoderConfig Model, MemoryFacts Facts, DeviceCapacity Device)
{
    /// <param name="facts">What the data is.</param>
    /// <param name="model">Shape of the base model.</param>
    /// <param name="device">Where the run would be, as it is now.</param>
    /// <param name="residentModelBytes">Models that stay loaded for chat.</param>
    public static RunMemory Of(RunFacts facts, DecoderConfig model, DeviceCapacity device, long residentModelBytes) => new(model, new MemoryFacts
    {
        LongestRow = facts.LongestRow,
        Rows = facts.TrainRows,
        Evaluates = facts.EvaluationRows > 0,
        ResidentModelBytes = residentModelBytes,
        // On the CPU all that the process holds is a part of the plan: runtime, libraries, caches, the encoded rows. Models in it are counted as those.
        RuntimeBytes = device.IsCuda ? null : Math.Max(MemoryFacts.IdleProgramBytes, device.OwnBytes - residentModelBytes),
    }, device)
    {
        MaxLength = facts.MaxLength,
    };

    /// <summary>Free on the volume the run writes to.</summary>
    public long FreeDiskBytes { get; init; }

    /// <summary>The length limit the data was looked at under, in tokens; 0 where it was not.</summary>
    public int MaxLength { get; init; }

    /// <summary>The same while the length limit is being moved: rows that a wider one lets in again count before the data is looked at again.</summary>
    public RunMemory Within(int maxLength, int longestOfAll)
    {
        var longest = maxLength > MaxLength ? longestOfAll : Facts.LongestRow;
        return this with { Facts = Facts with { LongestRow = Math.Max(1, Math.Min(longest, maxLength)) } };
    }

    /// <summary>What the run would write, a merged model included.</summary>
    public DiskPlan DiskFor(TrainingRecipe recipe, int totalSteps) =>
        DiskPlan.Of(recipe, Model, totalSteps, FreeDiskBytes, Device.IsCuda, merge: recipe.Method != TrainingMethod.Full);

    public MemoryPlan PlanFor(TrainingRecipe recipe) => MemoryPlan.Of(recipe, Model, Facts, Device);

    public IReadOnlyList<MemorySuggestion> SuggestionsFor(TrainingRecipe recipe) => MemorySuggestions.Of(recipe, Model, Facts, Device);
}
