using R1Lab.Engine.Adapters;
using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>Which of a block's seven linear maps; the order is that of the forward pass.</summary>
public enum ProjectionKind { Q, K, V, O, Gate, Up, Down }

/// <summary>One frozen or trainable linear map of the decoder. Adapters are added here, so the base itself stays free of them.</summary>
/// <param name="weight">[out,in]; null when the map is quantised.</param>
/// <param name="quantized">The same in fewer bits; null when it is not.</param>
internal sealed class Projection(int layer, ProjectionKind kind, Tensor? weight, IQuantizedWeight? quantized, Tensor? bias)
{
    private Tensor? _weight = weight;

    public int Layer => layer;

    public ProjectionKind Kind => kind;

    public long Outputs => quantized?.Outputs ?? _weight!.size(0);

    public long Inputs => quantized?.Inputs ?? _weight!.size(1);

    public Device Device => quantized?.Device ?? _weight!.device;

    public bool IsTrained => _weight?.requires_grad == true;

    /// <summary>The weight [out,in] as it is held. Of a quantised map there is none: adapters are merged into the unquantised model.</summary>
    /// <exception cref="InvalidOperationException">The map is quantised.</exception>
    public Tensor Weight => _weight ?? throw new InvalidOperationException($"{Path} is quantised; its exact weight is not in memory.");

    /// <summary>[out]; null when the family has none here.</summary>
    public Tensor? Bias { get; } = bias;

    /// <summary>Place in a decoder-wide list of projections.</summary>
    public int Slot => layer * Kinds + (int)kind;

    public const int Kinds = 7;

    /// <summary>The module's path inside a Hugging Face model, for example <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public string Path => PathOf(layer, kind);

    public static string PathOf(int layer, ProjectionKind kind) => $"model.layers.{layer}.{(kind <= ProjectionKind.O ? "self_attn" : "mlp")}.{NameOf(kind)}";

    public static string NameOf(ProjectionKind kind) => kind switch
    {
        ProjectionKind.Q => "q_proj",
        ProjectionKind.K => "k_proj",
        ProjectionKind.V => "v_proj",
        ProjectionKind.O => "o_proj",
        ProjectionKind.Gate => "gate_proj",
        ProjectionKind.Up => "up_proj",
        _ => "down_proj",
    };

    /// <summary>Puts another weight in the place of the held one, which stays the caller's to dispose.</summary>
    public void Replace(Tensor other) => _weight = other;

    /// <summary>The weight [out,in] in float32, in the caller's dispose scope: possibly the held one, never to be disposed or changed.</summary>
    public Tensor Exact() => quantized?.Dense(ScalarType.Float32) ?? _weight!.to(ScalarType.Float32);

    /// <summary>The map alone, without adapters: [N,in] to [N,out]. A quantised weight is dense only here, and while a graph needs it for the gradient of x.</summary>
    public Tensor Map(Tensor x, Tensor? offset = null)
    {
        if (quantized is null) return nn.functional.linear(x, _weight!, offset);
        using var dense = quantized.Dense(x.dtype);
        return nn.functional.linear(x, dense, offset);
    }

    /// <param name="x">[N,in], rows of the batch one after the other.</param>
    /// <returns>[N,out] with the context's adapters applied.</returns>
    public Tensor Apply(Tensor x, ForwardContext context)
    {
        var y = Map(x, Bias);
        if (context.RowAdapters is { } rows) return ApplyRows(x, y, rows, context);
        return context.Adapter?.Find(Slot) is { } lora ? lora.Apply(x, y, this, context) : y;
    }

    private Tensor ApplyRows(Tensor x, Tensor y, IReadOnlyList<AdapterSet?> adapters, ForwardContext context)
    {
        if (adapters.All(a => ReferenceEquals(a, adapters[0]))) return adapters[0]?.Find(Slot) is { } only ? only.Apply(x, y, this, context) : y;
        var each = x.size(0) / adapters.Count;
        var parts = new List<Tensor>();
        for (int first = 0, next; first < adapters.Count; first = next)
        {
            for (next = first + 1; next < adapters.Count && ReferenceEquals(adapters[next], adapters[first]); next++) { }
            var (start, count) = (first * each, (next - first) * each);
            var part = y.narrow(0, start, count);
            parts.Add(adapters[first]?.Find(Slot) is { } lora ? lora.Apply(x.narrow(0, start, count), part, this, context) : part);
        }

        return cat(parts, 0);
    }
}
