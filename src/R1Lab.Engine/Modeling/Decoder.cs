using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// A decoder-only transformer of the Llama, Qwen2 or Qwen3 family. It holds weights and computes; it has no state of its own: caches,
/// adapters and masks come with the <see cref="ForwardContext"/>, so one decoder serves any number of adapters and requests.
/// </summary>
public sealed class Decoder : IDisposable
{
    private readonly Dictionary<string, Tensor> _parameters;
    private readonly IReadOnlyDictionary<string, IQuantizedWeight> _quantized;
    private readonly DecoderBlock[] _blocks;
    private readonly long[] _hiddenShape;
    private readonly long[] _headShape;
    private readonly bool _embeddingApart;
    private readonly bool _headApart;

    /// <param name="config">Shape of the model.</param>
    /// <param name="parameters">Every tensor of <see cref="ParameterShapes"/>, by its Hugging Face name, but for those in <paramref name="quantized"/>; owned by the decoder from now on.</param>
    /// <param name="quantized">Weights of linear maps held in fewer bits, by the same names; owned by the decoder too.</param>
    /// <param name="placement">The device of each part where they are not all on <paramref name="device"/>.</param>
    internal Decoder(
        DecoderConfig config, IReadOnlyDictionary<string, Tensor> parameters, ComputeDevice device, ScalarType dtype,
        IReadOnlyDictionary<string, IQuantizedWeight>? quantized = null, LayerPlacement? placement = null)
    {
        Config = config;
        Placement = placement ?? LayerPlacement.Single(device, config.LayerCount);
        Dtype = dtype;
        _parameters = new Dictionary<string, Tensor>(parameters);
        _quantized = quantized ?? new Dictionary<string, IQuantizedWeight>();
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => new DecoderBlock(i, config, _parameters, _quantized))];
        _hiddenShape = [config.HiddenSize];
        _headShape = [config.HeadDim];
        Rotary = new RotaryEmbedding(config, Device, dtype);
        _embeddingApart = Placement.Embedding != Device;
        _headApart = HeadDevice != Placement.Layers[^1];
    }

    public DecoderConfig Config { get; }

    /// <summary>Where hidden states are computed first, with their angles, masks and positions; the place of the whole model unless parts of it are elsewhere.</summary>
    public ComputeDevice Device => Placement.First;

    /// <summary>Where token ids are best made: the embedding looks them up there.</summary>
    internal ComputeDevice TokenDevice => Placement.Embedding;

    /// <summary>The device of each part. A pass moves what it computes where neighbours are apart.</summary>
    public LayerPlacement Placement { get; }

    /// <summary>The dtype of weights and activations.</summary>
    public ScalarType Dtype { get; }

    public RotaryEmbedding Rotary { get; }

    /// <summary>Hugging Face name -> tensor, in the order of the model; a tied <c>lm_head.weight</c> and quantised weights are absent.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _parameters;

    public int BlockCount => _blocks.Length;

    /// <summary>Bytes of all weights.</summary>
    public long MemoryBytes => _parameters.Values.Sum(t => t.numel() * t.element_size()) + _quantized.Values.Sum(w => w.MemoryBytes);

    /// <summary>Whether linear maps are held in fewer bits: such a decoder computes, but it cannot be saved or merged into.</summary>
    public bool IsQuantized => _quantized.Count > 0;

    /// <summary>Where logits and losses are computed: beside the output matrix, which a tied model has with its embedding.</summary>
    internal ComputeDevice HeadDevice => Config.TieWordEmbeddings ? Placement.Embedding : Placement.Head;

    internal IEnumerable<Projection> Projections => _blocks.SelectMany(b => b.Projections);

    /// <summary>The name and shape of every weight of such a model, in Hugging Face's order.</summary>
    public static IReadOnlyDictionary<string, long[]> ParameterShapes(DecoderConfig config) => DecoderShapes.Of(config);

    /// <summary>The weights that may be held in fewer bits: the blocks' linear maps.</summary>
    internal static IEnumerable<string> QuantizableNames(DecoderConfig config) =>
        DecoderShapes.Projections(config).Select(at => $"{at.Path}.weight");

    /// <param name="ids">[B,T] long, on any device where the embedding is not on the first layer's, else there.</param>
    /// <returns>[B,T,Hidden] on <see cref="Device"/>.</returns>
    public Tensor Embed(Tensor ids)
    {
        var table = _parameters[DecoderShapes.Embedding];
        if (!_embeddingApart) return Look(table, ids);
        if (Placement.Embedding.Kind == DeviceType.CPU && !table.requires_grad) return HostRows.Look(table, ids, Device);
        using var scope = NewDisposeScope();
        return Look(table, ids.to(Placement.Embedding.Torch)).to(Device.Torch).MoveToOuterDisposeScope();
    }

    /// <summary>One layer. Training may call the layers one by one, to keep only their inputs and compute them again for gradients.</summary>
    /// <param name="index">0 … <see cref="BlockCount"/> - 1.</param>
    /// <param name="x">[B,T,Hidden].</param>
    /// <param name="context">The same object for all layers of a pass.</param>
    /// <returns>[B,T,Hidden], owned by the caller's dispose scope.</returns>
    public Tensor Block(int index, Tensor x, ForwardContext context)
    {
        var (batch, length) = (x.size(0), x.size(1));
        var device = Placement.Layers[index];
        var plan = AttentionPlan.For(this, context, batch, length).On(device, Device);
        using var scope = NewDisposeScope();
        var block = _blocks[index];
        var flat = Moved(x, device).reshape(batch * length, Config.HiddenSize);
        var attended = Attend(block, Norm(flat, block.InputNorm, _hiddenShape), (batch, length, index), plan, context);
        // A map's output is fresh and its backward does not look at it: the residual is added in place.
        flat = block[ProjectionKind.O].Apply(attended, context).add_(flat);
        var normed = Norm(flat, block.MlpNorm, _hiddenShape);
        var gate = nn.functional.silu(block[ProjectionKind.Gate].Apply(normed, context));
        var inner = gate * block[ProjectionKind.Up].Apply(normed, context);
        return block[ProjectionKind.Down].Apply(inner, context).add_(flat).view(batch, length, Config.HiddenSize).MoveToOuterDisposeScope();
    }

    /// <summary>The norm behind the last layer.</summary>
    public Tensor Normalize(Tensor x) => Norm(_headApart ? x.to(HeadDevice.Torch) : x, _parameters["model.norm.weight"], _hiddenShape);

    /// <summary>Logits [...,Vocab] of normalised hidden states [...,Hidden].</summary>
    public Tensor Head(Tensor hidden) => nn.functional.linear(hidden, HeadWeight);

    /// <summary>[Vocab,Hidden]: the output matrix, which is the embedding where both are tied.</summary>
    public Tensor HeadWeight => _parameters.GetValueOrDefault("lm_head.weight") ?? _parameters[DecoderShapes.Embedding];

    /// <summary>Normalised hidden states [B,T,Hidden] of a whole pass; caches are advanced.</summary>
    public Tensor Hidden(Tensor ids, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var x = Embed(ids);
        _ = AttentionPlan.For(this, context, x.size(0), x.size(1));
        for (var i = 0; i < BlockCount; i++)
        {
            var next = Block(i, x, context);
            x.Dispose();
            x = next;
        }

        var added = ids.size(1);
        context.Cache?.Advance(added);
        foreach (var cache in context.RowCaches ?? []) cache.Advance(added);
        return Normalize(x).MoveToOuterDisposeScope();
    }

    /// <summary>Logits [B,T,Vocab] of a whole pass; caches are advanced.</summary>
    public Tensor Forward(Tensor ids, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        return Head(Hidden(ids, context)).MoveToOuterDisposeScope();
    }

    /// <summary>Puts another tensor in a weight's place (merging, quantising); the old one is disposed.</summary>
    internal void Replace(Projection projection, Tensor weight)
    {
        projection.Weight.Dispose();
        projection.Replace(_parameters[$"{projection.Path}.weight"] = weight.DetachFromDisposeScope());
    }

    public void Dispose()
    {
        foreach (var tensor in _parameters.Values) tensor.Dispose();
        foreach (var weight in _quantized.Values) weight.Dispose();
        Rotary.Dispose();
    }

    private static Tensor Look(Tensor table, Tensor ids) => Dispatcher.Call("aten::embedding", "", table, ids, -1, false, false);

    private Tensor Moved(Tensor x, ComputeDevice device) => Placement.IsSpread ? x.to(device.Torch) : x;

    private Tensor Attend(DecoderBlock block, Tensor x, (long Batch, long Length, int Layer) at, AttentionPlan plan, ForwardContext context)
    {
        var (heads, kvHeads, dim) = (Config.HeadCount, Config.KeyValueHeadCount, Config.HeadDim);
        var q = Split(block[ProjectionKind.Q].Apply(x, context), heads, at);
        var k = Split(block[ProjectionKind.K].Apply(x, context), kvHeads, at);
        var v = Split(block[ProjectionKind.V].Apply(x, context), kvHeads, at);
        if (block.QueryNorm is not null) (q, k) = (Norm(q, block.QueryNorm, _headShape), Norm(k, block.KeyNorm!, _headShape));
        q = Rotary.Rotate(q, plan.Cos, plan.SignedSin);
        k = Rotary.Rotate(k, plan.Cos, plan.SignedSin);
        if (plan.Segments is { } segments) return segments.Attend(q.reshape(-1, heads, dim), k.reshape(-1, kvHeads, dim), v.reshape(-1, kvHeads, dim)).reshape(-1, heads * dim);
        // For a single token [B,heads,1,dim] is the same memory as [B,1,heads,dim]: Split made it so at once.
        if (at.Length > 1) (q, k, v) = (q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2));
        if (context.RowCaches is { } rows) return AttendRows(q, k, v, rows, at.Layer);
        if (context.Cache is { } cache) (k, v) = cache.Append(at.Layer, k, v);
        var attended = Attend(q, k, v, plan);
        return (at.Length > 1 ? attended.transpose(1, 2) : attended).reshape(at.Batch * at.Length, heads * dim);
    }

    private Tensor Split(Tensor x, long heads, (long Batch, long Length, int Layer) at) =>
        at.Length > 1 ? x.view(at.Batch, at.Length, heads, Config.HeadDim) : x.view(at.Batch, heads, 1, Config.HeadDim);

    // q [B,heads,T,dim], k and v [B,kvHeads,S,dim]. A single query lets the heads that share a key stand as queries of one head: no key is copied.
    private Tensor Attend(Tensor q, Tensor k, Tensor v, AttentionPlan plan)
    {
        var (batch, heads, dim) = (q.size(0), (long)Config.HeadCount, (long)Config.HeadDim);
        if (q.size(2) == 1 && !is_grad_enabled())
        {
            var grouped = q.reshape(batch, Config.KeyValueHeadCount, heads / Config.KeyValueHeadCount, dim);
            return nn.functional.scaled_dot_product_attention(grouped, k, v, plan.Mask).reshape(batch, heads, 1, dim);
        }

        return GroupedAttention.Attend(q, k, v, plan.Mask, plan.Causal);
    }

    // One token a row, every row with a cache of its own: the linear maps ran together, attention runs row by row.
    private Tensor AttendRows(Tensor q, Tensor k, Tensor v, IReadOnlyList<KeyValueCache> rows, int layer)
    {
        var (kvHeads, group, dim) = ((long)Config.KeyValueHeadCount, (long)(Config.HeadCount / Config.KeyValueHeadCount), (long)Config.HeadDim);
        if (rows.Count == 1) return One(q, k, v, rows[0]);
        var parts = new List<Tensor>(rows.Count);
        for (var i = 0; i < rows.Count; i++) parts.Add(One(q.narrow(0, i, 1), k.narrow(0, i, 1), v.narrow(0, i, 1), rows[i]));
        return cat(parts, 0);

        Tensor One(Tensor query, Tensor key, Tensor value, KeyValueCache cache)
        {
            var (keys, values) = cache.Append(layer, key, value);
            return nn.functional.scaled_dot_product_attention(query.view(1, kvHeads, group, dim), keys, values).reshape(1, kvHeads * group * dim);
        }
    }

    // The operator computes in float32 whatever the input, as Hugging Face's RMSNorm does.
    private Tensor Norm(Tensor x, Tensor weight, long[] shape) =>
        Dispatcher.Call("aten::rms_norm", "", x, Argument.Of(shape), Argument.Optional(weight), Argument.Optional(Config.RmsNormEpsilon));
}
