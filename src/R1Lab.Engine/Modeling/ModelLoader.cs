using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>Reads and makes decoders.</summary>
public static class ModelLoader
{
    /// <summary>Reads a Hugging Face model folder. On the CPU, weights stored in <paramref name="dtype"/> may be views of the mapped file (<see cref="SafetensorsFile.Read"/>); nothing is held twice.</summary>
    /// <param name="folder">Folder with <c>config.json</c> and safetensors weights.</param>
    /// <param name="device">Where the model will live.</param>
    /// <param name="dtype">Null: float32 on the CPU (bfloat16 products are slower there), as stored on a card.</param>
    /// <exception cref="BadInputException">Something is missing, does not fit together or is not computed by this engine; the message names file, tensor or field.</exception>
    public static Decoder Load(string folder, ComputeDevice device, ScalarType? dtype = null) => Load(folder, device, dtype, null);

    /// <summary>The same, with the blocks' linear maps quantised as they are read, one at a time: whole and quantised are never held together.</summary>
    /// <param name="quantize">Makes a quantised weight of a dense one; null leaves all dense.</param>
    /// <param name="place">Decides over which devices the layers are spread; null keeps all on <paramref name="device"/>.</param>
    /// <param name="learns">Names of weights that will be written to: they are never views of the file.</param>
    internal static Decoder Load(
        string folder, ComputeDevice device, ScalarType? dtype, Func<Tensor, IQuantizedWeight>? quantize, Func<DecoderConfig, LayerPlacement>? place = null, Predicate<string>? learns = null)
    {
        using var opened = DecoderFolder.Open(folder);
        var (config, weights, shapes) = (opened.Config, opened.Weights, Decoder.ParameterShapes(opened.Config));
        var wanted = dtype ?? (device.IsCuda ? weights.Entry(DecoderShapes.Embedding).Dtype : ScalarType.Float32);
        var placement = place?.Invoke(config) ?? LayerPlacement.Single(device, config.LayerCount);
        ComputeDevice At(string name) => DecoderShapes.PlaceOf(name, config, placement);
        var small = quantize is null ? [] : Quantize(weights, Decoder.QuantizableNames(config), At, quantize);
        return new Decoder(config, Read(weights, shapes.Keys.Where(name => !small.ContainsKey(name)), At, wanted, learns ?? (_ => false)), device, wanted, small, placement);
    }

    /// <summary>A decoder with fresh weights as Hugging Face starts them: normal of <see cref="DecoderConfig.InitializerRange"/>, norms one, biases zero.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="device">On <see cref="ComputeDevice.Meta"/> the weights have shapes only.</param>
    /// <param name="dtype">The dtype of weights and activations.</param>
    /// <param name="seed">Same seed, same weights.</param>
    public static Decoder CreateRandom(DecoderConfig config, ComputeDevice device, ScalarType dtype, long seed)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        var parameters = new OrderedDictionary<string, Tensor>();
        foreach (var (name, shape) in Decoder.ParameterShapes(config))
        {
            parameters[name] = Fresh(name, shape, config, device, dtype, generator).DetachFromDisposeScope();
        }

        return new Decoder(config, parameters, device, dtype);
    }

    /// <summary>Writes a Hugging Face model folder.</summary>
    /// <param name="decoder">The model.</param>
    /// <param name="folder">Made when missing.</param>
    /// <param name="dtype">The dtype weights are stored in.</param>
    /// <param name="sourceFolder">Folder to take <c>config.json</c>, <c>generation_config.json</c>, tokenizer and chat template from; null writes a config of the decoder's own.</param>
    public static void Save(Decoder decoder, string folder, ScalarType dtype, string? sourceFolder = null)
    {
        if (decoder.IsQuantized) throw new InvalidOperationException("A decoder with quantised weights cannot be saved as a model: its exact weights are not in memory.");
        ShardedSafetensorsWriter.Write(folder, decoder.Parameters, dtype);
        ModelCompanions.Write(decoder, folder, dtype, sourceFolder);
    }

    private static OrderedDictionary<string, Tensor> Read(ModelWeights weights, IEnumerable<string> names, Func<string, ComputeDevice> at, ScalarType dtype, Predicate<string> learns)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var parameters = new OrderedDictionary<string, Tensor>();
        foreach (var name in names) parameters[name] = weights.Read(name, at(name), dtype, learns(name));
        foreach (var tensor in parameters.Values) tensor.DetachFromDisposeScope();
        return parameters;
    }

    private static Dictionary<string, IQuantizedWeight> Quantize(ModelWeights weights, IEnumerable<string> names, Func<string, ComputeDevice> at, Func<Tensor, IQuantizedWeight> quantize)
    {
        using var noGrad = no_grad();
        var quantized = new Dictionary<string, IQuantizedWeight>();
        try
        {
            foreach (var name in names)
            {
                using var scope = NewDisposeScope();
                quantized[name] = quantize(weights.Read(name, at(name), own: true));
            }
        }
        catch
        {
            foreach (var weight in quantized.Values) weight.Dispose();
            throw;
        }

        return quantized;
    }

    private static Tensor Fresh(string name, long[] shape, DecoderConfig config, ComputeDevice device, ScalarType dtype, Generator generator)
    {
        if (device.Kind == DeviceType.META) return empty(shape, dtype: dtype, device: device.Torch);
        if (name.EndsWith(".bias", StringComparison.Ordinal)) return zeros(shape, dtype: dtype, device: device.Torch);
        if (name.EndsWith("norm.weight", StringComparison.Ordinal)) return ones(shape, dtype: dtype, device: device.Torch);
        return empty(shape, dtype: ScalarType.Float32).normal_(0, config.InitializerRange, generator).to(device.Torch).to(dtype);
    }
}
