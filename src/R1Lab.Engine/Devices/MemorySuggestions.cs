using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>Which knobs lower the memory a run needs, and by how much: those that leave the result as it is first.</summary>
public static class MemorySuggestions
{
    private const int ShortestLength = 256;
    private const int LengthStep = 64;
    private const int LowestRank = 4;

    /// <summary>Every single change that saves at least one part in a hundred, calculated by the same plan.</summary>
    public static IReadOnlyList<MemorySuggestion> Of(TrainingRecipe recipe, DecoderConfig model, MemoryFacts facts, DeviceCapacity device)
    {
        var before = MemoryPlan.Of(recipe, model, facts, device);
        MemoryPlan After(TrainingRecipe changed) => MemoryPlan.Of(changed, model, facts, device);
        var found = Changes(recipe, facts, device, After).Select(change =>
        {
            var after = MemoryPlan.Of(change.Recipe, model, change.Code == "unload_chat_model" ? facts with { ResidentModelBytes = 0 } : facts, device);
            return change with { SavedBytes = before.TotalBytes - after.TotalBytes, Fits = after.Fits };
        });
        return [.. found.Where(change => change.SavedBytes > before.TotalBytes / 100)];
    }

    /// <summary>Changes one on top of the other until the run fits, those that leave the result as it is before all others; empty when it fits already, null when nothing makes it fit.</summary>
    public static IReadOnlyList<MemorySuggestion>? UntilItFits(TrainingRecipe recipe, DecoderConfig model, MemoryFacts facts, DeviceCapacity device)
    {
        var taken = new List<MemorySuggestion>();
        while (!MemoryPlan.Of(recipe, model, facts, device).Fits)
        {
            var open = Of(recipe, model, facts, device).Where(change => taken.TrueForAll(done => done.Code != change.Code)).ToList();
            var gentle = open.FindAll(change => change.SameResult);
            var choice = gentle.Count > 0 ? gentle : open;
            if ((choice.Find(change => change.Fits) ?? choice.FirstOrDefault()) is not { } next) return null;
            taken.Add(next);
            recipe = next.Recipe;
            if (next.Code == "unload_chat_model") facts = facts with { ResidentModelBytes = 0 };
        }

        return taken;
    }

    private static IEnumerable<MemorySuggestion> Changes(TrainingRecipe recipe, MemoryFacts facts, DeviceCapacity device, Func<TrainingRecipe, MemoryPlan> after)
    {
        if (SmallerMicroBatch(recipe, after) is { } smaller)
            yield return Change("smaller_micro_batch", smaller, true, recipe.PerDeviceTrainBatchSize, smaller.PerDeviceTrainBatchSize, smaller.GradientAccumulationSteps);
        if (!recipe.GradientCheckpointing || recipe.GradientCheckpointingLayers is not null)
            yield return Change("gradient_checkpointing", recipe with { GradientCheckpointing = true, GradientCheckpointingLayers = null }, true);
        if (device.IsCuda && recipe.GradientCheckpointing && !recipe.ActivationOffloading) yield return Change("activation_offloading", recipe with { ActivationOffloading = true }, true);
        if (device.IsCuda && !recipe.KeepsEmbeddingOnHost) yield return Change("embedding_on_host", recipe with { EmbeddingOnHost = true }, true);
        if (facts.ResidentModelBytes > 0) yield return Change("unload_chat_model", recipe, true);
        if (recipe.Dtype == TrainingDtype.Float32) yield return Change("bfloat16", recipe with { Dtype = TrainingDtype.Bfloat16 }, false);
        if (recipe.Method == TrainingMethod.Full && recipe.Optim == OptimizerType.Adamw) yield return Change("adamw_8bit", recipe with { Optim = OptimizerType.Adamw8Bit }, false);
        if (recipe.Method == TrainingMethod.Lora) yield return Change("qlora", recipe with { Method = TrainingMethod.Qlora, Quantization = BaseQuantization.Nf4 }, false);
        if (recipe.Method == TrainingMethod.Full) yield return Change("lora", recipe with { Method = TrainingMethod.Lora, FreezeLayers = 0, Optim = OptimizerType.Adamw }, false);
        if (Shorter(recipe, facts, after) is { } shorter) yield return Change("shorter_max_length", shorter, false, Math.Min(recipe.MaxLength, facts.LongestRow), shorter.MaxLength);
        if (LowerRank(recipe, after) is { } lower) yield return Change("lower_rank", lower, false, recipe.Lora.R, lower.Lora.R);
    }

    // Divisors of the batch size, so that the rows of a step stay the same: the largest that fits, else one row at a time.
    private static TrainingRecipe? SmallerMicroBatch(TrainingRecipe recipe, Func<TrainingRecipe, MemoryPlan> after)
    {
        var size = Math.Min(recipe.PerDeviceTrainBatchSize, TrainingRecipe.MostRowsAtOnce);
        var smaller = Enumerable.Range(1, Math.Max(0, size - 1)).Where(part => size % part == 0).Reverse()
            .Select(part => recipe with { PerDeviceTrainBatchSize = part, GradientAccumulationSteps = recipe.GradientAccumulationSteps * (size / part) }).ToList();
        return smaller.Find(changed => after(changed).Fits) ?? smaller.LastOrDefault();
    }

    // The longest that fits, in steps; else half.
    private static TrainingRecipe? Shorter(TrainingRecipe recipe, MemoryFacts facts, Func<TrainingRecipe, MemoryPlan> after)
    {
        var longest = recipe.Packing ? recipe.MaxLength : Math.Min(recipe.MaxLength, facts.LongestRow);
        var (low, high) = (ShortestLength / LengthStep, (longest - 1) / LengthStep);
        if (high < low) return null;
        TrainingRecipe Cut(int steps) => recipe with { MaxLength = steps * LengthStep };
        if (!after(Cut(low)).Fits) return Cut(Math.Max(low, high / 2));
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (after(Cut(middle)).Fits) low = middle;
            else high = middle - 1;
        }

        return Cut(low);
    }

    private static TrainingRecipe? LowerRank(TrainingRecipe recipe, Func<TrainingRecipe, MemoryPlan> after)
    {
        if (recipe.Method == TrainingMethod.Full || recipe.Lora.R <= LowestRank) return null;
        var lower = new List<TrainingRecipe>();
        for (var rank = recipe.Lora.R / 2; rank >= LowestRank; rank /= 2) lower.Add(recipe with { Lora = recipe.Lora with { R = rank } });
        return lower.Find(changed => after(changed).Fits) ?? lower.LastOrDefault();
    }

    private static MemorySuggestion Change(string code, TrainingRecipe recipe, bool sameResult, params object[] arguments) => new(code, recipe, 0, false, sameResult, arguments);
}
