using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Quantization;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The model of a run and the part of it that learns: an adapter, or every weight, and the objective's scalar heads.</summary>
internal sealed class Trainables : IDisposable
{
    private Trainables(Decoder decoder, AdapterSet? adapter, ScalarHeads heads)
    {
        (Decoder, Adapter, Heads) = (decoder, adapter, heads);
        Parameters = new OrderedDictionary<string, Tensor>([.. adapter?.Parameters ?? decoder.Parameters.Where(pair => pair.Value.requires_grad), .. heads.Parameters]);
    }

    public Decoder Decoder { get; }

    /// <summary>Null when every weight is trained.</summary>
    public AdapterSet? Adapter { get; }

    /// <summary>The objective's scalar heads.</summary>
    public ScalarHeads Heads { get; }

    /// <summary>What learns, by its name in the result's file.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters { get; }

    public long ParameterCount => Parameters.Values.Sum(tensor => tensor.numel());

    /// <param name="recipe">The effective recipe.</param>
    /// <param name="heads">Names of fresh scalar heads; null: none.</param>
    /// <exception cref="BadInputException">The model, or the adapter to start from, does not fit the recipe; no weight was read.</exception>
    /// <exception cref="MemoryRefusedException">Weights, gradients and moments alone are more than the device has; nothing was read.</exception>
    public static Trainables Load(TrainingRecipe recipe, string modelFolder, ComputeDevice device, IReadOnlyList<string>? heads = null)
    {
        var (_, config) = DecoderFolder.Read(modelFolder);
        if (StartOf(recipe) is { } start) CheckStart(recipe, start, config);
        Plan(recipe, config, device);
        var decoder = ModelLoader.Load(modelFolder, device, DtypeOf(recipe.Dtype, device), recipe.Method == TrainingMethod.Qlora ? QuantizerOf(recipe) : null, PlacerOf(recipe, device),
            learns: name => recipe.Method == TrainingMethod.Full && Learns(name, recipe.FreezeLayers));
        try
        {
            var fresh = new ScalarHeads(heads ?? [], decoder, recipe.Seed);
            return recipe.Method == TrainingMethod.Full ? new Trainables(Trainable(decoder, recipe.FreezeLayers), null, fresh) : new Trainables(decoder, AdapterOf(decoder, recipe), fresh);
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>Whether full training moves a weight: all but the embedding and the first layers when those are frozen.</summary>
    public static bool Learns(string name, int freezeLayers) =>
        DecoderShapes.LayerOf(name) is { } layer ? layer >= freezeLayers : freezeLayers == 0 || name != DecoderShapes.Embedding;

    /// <summary>The type of the arithmetic.</summary>
    public static ScalarType DtypeOf(TrainingDtype dtype, ComputeDevice device) => dtype switch
    {
        TrainingDtype.Float32 => ScalarType.Float32,
        TrainingDtype.Bfloat16 => ScalarType.BFloat16,
        TrainingDtype.Float16 => ScalarType.Float16,
        _ => device.IsCuda ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    // What no smaller batch makes smaller. Several cards are planned where layers are spread over them.
    private static void Plan(TrainingRecipe recipe, DecoderConfig config, ComputeDevice device)
    {
        if (recipe.DeviceMap == DeviceMap.Auto && device.IsCuda) return;
        var capacity = DeviceCapacity.Read(device);
        var needed = MemoryPlan.StoredBytes(recipe, config, capacity);
        if (needed > capacity.FreeBytes) throw new MemoryRefusedException("The run, before its first row is read,", needed, capacity.FreeBytes, capacity.Name);
    }

    private static Func<Tensor, IQuantizedWeight> QuantizerOf(TrainingRecipe recipe) => recipe.Quantization switch
    {
        BaseQuantization.Int8 => Int8Weight.Quantize,
        _ => weight => Nf4Weight.Quantize(weight, recipe.DoubleQuantization),
    };

    // One card, or none, holds all layers: nothing to spread.
    private static Func<DecoderConfig, LayerPlacement> PlacerOf(TrainingRecipe recipe, ComputeDevice device)
    {
        if (recipe.DeviceMap != DeviceMap.Auto || !device.IsCuda || cuda.device_count() < 2)
            return config => EmbeddingPlace.Of(recipe, config, LayerPlacement.Single(device, config.LayerCount));
        var cards = Enumerable.Range(0, cuda.device_count()).Select(index => new ComputeDevice(DeviceType.CUDA, index));
        return config => SpreadLayers.Over([.. cards.Select(card => (card, DeviceCapacity.Read(card).UsableBytes))], recipe, config, DtypeOf(recipe.Dtype, device));
    }

    /// <summary>Writes the result folder at once: <c>adapter/</c> as PEFT has it, or <c>model/</c> as Hugging Face has it; scalar heads in <c>heads.safetensors</c> beside.</summary>
    /// <returns>The folder.</returns>
    public string Save(TrainingJob job)
    {
        var folder = Path.Combine(job.OutputFolder, Adapter is null ? "model" : "adapter");
        DurableFolder.Write(folder, temporary =>
        {
            if (Adapter is null) ModelLoader.Save(Decoder, temporary, Decoder.Dtype, job.ModelFolder);
            else Adapter.Save(temporary, job.BaseModelName ?? job.ModelFolder);
            if (Heads.Parameters.Any()) SafetensorsWriter.Write(Path.Combine(temporary, "heads.safetensors"), Heads.Parameters);
        });
        return folder;
    }

    public void Dispose()
    {
        Heads.Dispose();
        Adapter?.Dispose();
        Decoder.Dispose();
    }

    private static AdapterSet AdapterOf(Decoder decoder, TrainingRecipe recipe) => StartOf(recipe) is { } folder
        ? AdapterSet.Load(decoder, folder, trainable: true, recipe.Lora.LoraDropout)
        : AdapterSet.Create(decoder, recipe.Lora, recipe.Seed);

    /// <summary>The adapter folder that training continues from; null where a fresh adapter is trained, or none.</summary>
    private static string? StartOf(TrainingRecipe recipe) => recipe.Method == TrainingMethod.Full ? null : recipe.Lora.InitFrom;

    private static void CheckStart(TrainingRecipe recipe, string folder, DecoderConfig config)
    {
        AdapterFit.Check(folder, config);
        var contradictions = recipe.Lora.ContradictionsTo(PeftAdapterConfig.Load(folder), [.. DecoderShapes.Projections(config).Select(at => at.Path)]).ToList();
        if (contradictions.Count > 0) throw new BadInputException(folder, "lora", "adapter_other_kind", $"the adapter to start from is of another kind: {string.Join("; ", contradictions)}");
    }

    // What learns was read into memory of its own; what stays frozen may be a view of the file.
    private static Decoder Trainable(Decoder loaded, int freezeLayers)
    {
        if (freezeLayers > loaded.BlockCount)
            throw new BadInputException("recipe", "freeze_layers", "freeze_layers", $"is {freezeLayers}, and the model has {loaded.BlockCount} layers");
        foreach (var (name, tensor) in loaded.Parameters) tensor.requires_grad = Learns(name, freezeLayers);
        return loaded;
    }
}
