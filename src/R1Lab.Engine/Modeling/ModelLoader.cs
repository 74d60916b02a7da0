using R1Lab.Engine.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>Makes decoders and writes them.</summary>
public static class ModelLoader
{
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

    private static Tensor Fresh(string name, long[] shape, DecoderConfig config, ComputeDevice device, ScalarType dtype, Generator generator)
    {
        if (device.Kind == DeviceType.META) return empty(shape, dtype: dtype, device: device.Torch);
        if (name.EndsWith(".bias", StringComparison.Ordinal)) return zeros(shape, dtype: dtype, device: device.Torch);
        if (name.EndsWith("norm.weight", StringComparison.Ordinal)) return ones(shape, dtype: dtype, device: device.Torch);
        return empty(shape, dtype: ScalarType.Float32).normal_(0, config.InitializerRange, generator).to(device.Torch).to(dtype);
    }
}
