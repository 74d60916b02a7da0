using R1Lab.Engine.Adapters;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// What one forward pass needs beside the tokens. The same object must go to every <see cref="Decoder.Block"/> of the pass:
/// masks and angles are made once and kept on it.
/// </summary>
public sealed record ForwardContext
{
    /// <summary>[B,T] long; null: counted from the cache's length, or restarting at every segment.</summary>
    public Tensor? PositionIds { get; init; }

    /// <summary>[B, past+T], 1 (or true) = a real token, 0 = padding; null: all real.</summary>
    public Tensor? AttentionMask { get; init; }

    /// <summary>[B,T] long: several examples packed in a row; a token sees only its own segment. Not with a cache.</summary>
    public Tensor? SegmentIds { get; init; }

    /// <summary>Keys and values of the tokens before; the pass appends its own.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>One cache (of batch 1) a row instead of <see cref="Cache"/>: rows of different length decode side by side. T must be 1.</summary>
    public IReadOnlyList<KeyValueCache>? RowCaches { get; init; }

    /// <summary>The adapter on every row; null: the base alone.</summary>
    public AdapterSet? Adapter { get; init; }

    /// <summary>One adapter (or null) a row instead of <see cref="Adapter"/>. Rows with the same adapter should stand together.</summary>
    public IReadOnlyList<AdapterSet?>? RowAdapters { get; init; }

    /// <summary>True applies dropout.</summary>
    public bool Training { get; init; }

    /// <summary>Same seed, same dropout in every layer and module: recomputing a layer repeats its mask.</summary>
    public long DropoutSeed { get; init; }

    internal AttentionPlan? Plan { get; set; }
}
