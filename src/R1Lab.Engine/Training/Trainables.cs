using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The model of a run and the part of it that learns: an adapter, or every weight.</summary>
internal sealed class Trainables : IDisposable
{
    private Trainables(Decoder decoder, AdapterSet? adapter) => (Decoder, Adapter) = (decoder, adapter);

    public Decoder Decoder { get; }

    /// <summary>Null when every weight is trained.</summary>
    public AdapterSet? Adapter { get; }

    /// <summary>What learns, by its name in the result's file.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => Adapter?.Parameters ?? Decoder.Parameters;

    public long ParameterCount => Parameters.Values.Sum(tensor => tensor.numel());

    /// <param name="recipe">The effective recipe.</param>
    public static Trainables Load(TrainingRecipe recipe, string modelFolder, ComputeDevice device)
    {
        var decoder = ModelLoader.Load(modelFolder, device, DtypeOf(recipe.Dtype, device), recipe.Method == TrainingMethod.Qlora ? QuantizerOf(recipe) : null);
        if (recipe.Method == TrainingMethod.Full) return new Trainables(Trainable(decoder), null);
        try
        {
            return new Trainables(decoder, recipe.Lora.InitFrom is { } folder ? AdapterSet.Load(decoder, folder, trainable: true, recipe.Lora.LoraDropout) : AdapterSet.Create(decoder, recipe.Lora, recipe.Seed));
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>The type of the arithmetic: float16 would lose small gradients without a loss scaler, so bfloat16 stands in for it on a card.</summary>
    public static ScalarType DtypeOf(TrainingDtype dtype, ComputeDevice device) => dtype switch
    {
        TrainingDtype.Float32 => ScalarType.Float32,
        TrainingDtype.Bfloat16 => ScalarType.BFloat16,
        _ => device.IsCuda ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    private static Func<Tensor, IQuantizedWeight> QuantizerOf(TrainingRecipe recipe) => recipe.Quantization switch
    {
        BaseQuantization.Int8 => Int8Weight.Quantize,
        _ => weight => Nf4Weight.Quantize(weight, recipe.DoubleQuantization),
    };

    /// <summary>Writes the result folder at once: <c>adapter/</c> as PEFT has it, or <c>model/</c> as Hugging Face has it.</summary>
    /// <returns>The folder.</returns>
    public string Save(TrainingJob job)
    {
        var folder = Path.Combine(job.OutputFolder, Adapter is null ? "model" : "adapter");
        DurableFolder.Write(folder, temporary =>
        {
            if (Adapter is null) ModelLoader.Save(Decoder, temporary, Decoder.Dtype, job.ModelFolder);
            else Adapter.Save(temporary, job.BaseModelName ?? job.ModelFolder);
        });
        return folder;
    }

    public void Dispose()
    {
        Adapter?.Dispose();
        Decoder.Dispose();
    }

    // Loaded weights may be views of the file: training needs its own.
    private static Decoder Trainable(Decoder loaded)
    {
        using var owner = loaded;
        using var noGradient = no_grad();
        var own = loaded.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        foreach (var tensor in own.Values) tensor.requires_grad = true;
        return new Decoder(loaded.Config, own, loaded.Device, loaded.Dtype);
    }
}
