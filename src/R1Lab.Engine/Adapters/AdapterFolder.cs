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
        var (peft, tensors) = PeftAdapter.Load(folder, decoder.Device, trainable ? ScalarType.Float32 : decoder.Dtype);
        if (dropout is { } share) peft = peft with { LoraDropout = share };
        var source = Path.Combine(folder, WeightFiles.Adapter);
        var places = decoder.Projections.ToDictionary(p => p.Path);
        foreach (var key in tensors.Keys.Where(k => !places.ContainsKey(PeftAdapter.ModuleOf(k)!)))
        {
            throw new BadInputException(source, $"tensor \"{key}\"", "the base model has no such linear map that LoRA can be put on");
        }

        var targets = decoder.Projections.Where(p => peft.Targets(p.Path)).ToList();
        if (targets.Count == 0) throw new BadInputException(source, null, "no module of the base model is a target of this adapter");
        return new AdapterSet(peft, decoder, targets.Select(at => (at, Fit(at, peft, tensors, source, trainable))).ToList());
    }

    private static LoraLinear Fit(Projection at, PeftAdapterConfig peft, IReadOnlyDictionary<string, Tensor> tensors, string source, bool trainable)
    {
        var (outputs, inputs, rank) = (at.Outputs, at.Inputs, (long)peft.RankOf(at.Path));
        var a = Take(PeftAdapter.DownSuffix, [rank, inputs]);
        var b = Take(PeftAdapter.UpSuffix, [outputs, rank]);
        var magnitude = peft.UseDora ? Take(PeftAdapter.MagnitudeSuffix, [outputs]) : null;
        if (trainable) return AdapterSet.Trainable(a, b, magnitude, peft.ScaleOf(at.Path), peft.LoraDropout);
        return new LoraLinear(a.DetachFromDisposeScope(), b.DetachFromDisposeScope(), magnitude?.DetachFromDisposeScope(), peft.ScaleOf(at.Path), peft.LoraDropout);

        Tensor Take(string suffix, long[] shape)
        {
            var key = $"{PeftAdapter.KeyPrefix}{at.Path}{suffix}";
            if (!tensors.TryGetValue(key, out var tensor)) throw new BadInputException(source, $"tensor \"{key}\"", "is missing: target_modules names its module");
            if (!tensor.shape.SequenceEqual(shape))
            {
                throw new BadInputException(source, $"tensor \"{key}\"", $"has shape [{string.Join(',', tensor.shape)}], the base model asks for [{string.Join(',', shape)}]");
            }

            // Trained tensors own their memory; the file may be replaced while training runs.
            return trainable ? tensor.to(at.Device, copy: true) : tensor.to(at.Device);
        }
    }
}
