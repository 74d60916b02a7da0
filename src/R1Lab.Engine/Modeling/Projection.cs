using R1Lab.Engine.Adapters;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>Which of a block's seven linear maps; the order is that of the forward pass.</summary>
public enum ProjectionKind { Q, K, V, O, Gate, Up, Down }

/// <summary>One frozen or trainable linear map of the decoder. Adapters are added here, so the base itself stays free of them.</summary>
internal sealed class Projection(int layer, ProjectionKind kind, Tensor weight, Tensor? bias)
{
    public int Layer => layer;

    public ProjectionKind Kind => kind;

    /// <summary>[out,in].</summary>
    public Tensor Weight { get; set; } = weight;

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

    /// <param name="x">[N,in], rows of the batch one after the other.</param>
    /// <returns>[N,out] with the context's adapters applied.</returns>
    public Tensor Apply(Tensor x, ForwardContext context)
    {
        var y = nn.functional.linear(x, Weight, Bias);
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
