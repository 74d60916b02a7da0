using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Adapters;

/// <summary>Fits a PEFT adapter folder onto a decoder.</summary>
internal static class AdapterFolder
{
    public static AdapterSet Load(Decoder decoder, string folder, bool trainable, double? dropout)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var peft = PeftAdapterConfig.Load(folder);
        using var file = AdapterFit.Open(folder, peft, decoder.Config);
        var tensors = PeftAdapter.Read(file, decoder.Device, trainable ? ScalarType.Float32 : decoder.Dtype);
        if (dropout is { } share) peft = peft with { LoraDropout = share };
        var targets = decoder.Projections.Where(p => peft.Targets(p.Path)).ToList();
        return new AdapterSet(peft, decoder, targets.Select(at => (at, LoraOf(at, peft, tensors, trainable))).ToList());
    }

    private static LoraLinear LoraOf(Projection at, PeftAdapterConfig peft, IReadOnlyDictionary<string, Tensor> tensors, bool trainable)
    {
        var (a, b) = (Take(PeftAdapter.DownSuffix), Take(PeftAdapter.UpSuffix));
        var magnitude = peft.UseDora ? Take(PeftAdapter.MagnitudeSuffix) : null;
        if (trainable) return AdapterSet.Trainable(a, b, magnitude, peft.ScaleOf(at.Path), peft.LoraDropout);
        return new LoraLinear(a.DetachFromDisposeScope(), b.DetachFromDisposeScope(), magnitude?.DetachFromDisposeScope(), peft.ScaleOf(at.Path), peft.LoraDropout);

        // Trained tensors own their memory; the file may be replaced while training runs.
        Tensor Take(string suffix) => tensors[$"{PeftAdapter.KeyPrefix}{at.Path}{suffix}"] is var tensor && trainable ? tensor.to(at.Device, copy: true) : tensor.to(at.Device);
    }
}
