using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;

namespace R1Lab.Engine.Adapters;

/// <summary>Whether a PEFT adapter folder fits a base model, told by the headers of its weights. Registration, the start of a run and loading ask here.</summary>
public static class AdapterFit
{
    /// <param name="folder">A PEFT adapter folder.</param>
    /// <param name="config">Configuration of the base it shall sit on.</param>
    /// <exception cref="BadInputException">A file is broken, a tensor is missing, has another shape or belongs to no projection of that base.</exception>
    public static void Check(string folder, DecoderConfig config) => Open(folder, PeftAdapterConfig.Load(folder), config).Dispose();

    /// <summary>The checked weights, open.</summary>
    /// <inheritdoc cref="Check"/>
    internal static SafetensorsFile Open(string folder, PeftAdapterConfig peft, DecoderConfig config)
    {
        var file = PeftAdapter.OpenChecked(folder, peft);
        try
        {
            Compare(file, peft, config);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Compare(SafetensorsFile file, PeftAdapterConfig peft, DecoderConfig config)
    {
        var projections = DecoderShapes.Projections(config).ToList();
        var paths = projections.Select(at => at.Path).ToHashSet(StringComparer.Ordinal);
        if (file.Tensors.Keys.FirstOrDefault(key => !paths.Contains(PeftAdapter.ModuleOf(key)!)) is { } foreign)
            throw new BadInputException(file.Path, $"tensor \"{foreign}\"", "adapter_no_target", $"the base model has no such linear map that LoRA can be put on");
        var targets = projections.Where(at => peft.Targets(at.Path)).ToList();
        if (targets.Count == 0) throw new BadInputException(file.Path, null, "adapter_no_targets", $"no module of the base model is a target of this adapter");
        foreach (var (path, outputs, inputs) in targets)
        {
            var rank = (long)peft.RankOf(path);
            Demand(file, $"{path}{PeftAdapter.DownSuffix}", [rank, inputs]);
            Demand(file, $"{path}{PeftAdapter.UpSuffix}", [outputs, rank]);
            if (peft.UseDora) Demand(file, $"{path}{PeftAdapter.MagnitudeSuffix}", [outputs]);
        }
    }

    private static void Demand(SafetensorsFile file, string name, long[] shape)
    {
        var key = $"{PeftAdapter.KeyPrefix}{name}";
        if (!file.Tensors.TryGetValue(key, out var entry)) throw new BadInputException(file.Path, $"tensor \"{key}\"", "adapter_tensor_missing", $"is missing: target_modules names its module");
        if (!entry.Shape.SequenceEqual(shape))
            throw new BadInputException(file.Path, $"tensor \"{key}\"", "adapter_shape", $"has shape [{string.Join(',', entry.Shape)}], the base model asks for [{string.Join(',', shape)}]");
    }
}
