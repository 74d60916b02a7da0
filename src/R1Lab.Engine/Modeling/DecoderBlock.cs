using R1Lab.Engine.Quantization;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>The weights of one layer, by their role.</summary>
internal sealed class DecoderBlock
{
    public DecoderBlock(int layer, DecoderConfig config, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, IQuantizedWeight> quantized)
    {
        var prefix = $"model.layers.{layer}.";
        InputNorm = parameters[$"{prefix}input_layernorm.weight"];
        MlpNorm = parameters[$"{prefix}post_attention_layernorm.weight"];
        QueryNorm = config.QkNorm ? parameters[$"{prefix}self_attn.q_norm.weight"] : null;
        KeyNorm = config.QkNorm ? parameters[$"{prefix}self_attn.k_norm.weight"] : null;
        Projections = [.. Enum.GetValues<ProjectionKind>().Select(kind =>
        {
            var path = Projection.PathOf(layer, kind);
            return quantized.TryGetValue($"{path}.weight", out var few)
                ? new Projection(layer, kind, null, few, parameters.GetValueOrDefault($"{path}.bias"))
                : new Projection(layer, kind, parameters[$"{path}.weight"], null, parameters.GetValueOrDefault($"{path}.bias"));
        })];
    }

    public Tensor InputNorm { get; }

    public Tensor MlpNorm { get; }

    public Tensor? QueryNorm { get; }

    public Tensor? KeyNorm { get; }

    public IReadOnlyList<Projection> Projections { get; }

    public Projection this[ProjectionKind kind] => Projections[(int)kind];
}
