using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// Angles and mask of one forward pass, made once for all layers. Tensors belong to the dispose scope they were made in; when that scope
/// is gone (layer-by-layer recomputation) the plan is made again.
/// </summary>
internal sealed record AttentionPlan(Tensor Cos, Tensor SignedSin, Tensor? Mask, bool Causal)
{
    /// <summary>Runs of tokens that attention stays inside of, instead of a mask; null: whole lines.</summary>
    public PackedSegments? Segments { get; init; }

    public static AttentionPlan For(Decoder decoder, ForwardContext context, long batch, long length)
    {
        if (context.Plan is { } kept && kept.Fits(context, batch, length)) return kept;
        using var noGrad = no_grad();
        var past = Past(context);
        var (cos, sin) = Angles(decoder.Rotary, context, past, length);
        var segments = SegmentsOf(decoder, context);
        var mask = segments is null ? MaskOf(decoder, context, past, length) : null;
        return context.Plan = new AttentionPlan(cos, sin, mask, mask is null && length > 1)
        {
            Segments = segments,
            _batch = batch,
            _length = length,
            _past = past,
            _inputs = (context.PositionIds, context.AttentionMask, context.SegmentIds, context.Cache, context.RowCaches),
        };
    }

    /// <summary>The same plan for a layer on another device; copied once a pass.</summary>
    public AttentionPlan On(ComputeDevice device, ComputeDevice own)
    {
        if (device == own) return this;
        if (_copies.TryGetValue(device, out var copy) && copy.IsAlive) return copy;
        using var noGrad = no_grad();
        return _copies[device] = new AttentionPlan(Cos.to(device.Torch), SignedSin.to(device.Torch), Mask?.to(device.Torch), Causal)
        {
            Segments = Segments is null ? null : Segments with { Bounds = Segments.Bounds?.to(device.Torch) },
        };
    }

    private readonly Dictionary<ComputeDevice, AttentionPlan> _copies = [];
    private (Tensor?, Tensor?, Tensor?, KeyValueCache?, IReadOnlyList<KeyValueCache>?) _inputs;
    private long _batch;
    private long _length;
    private long _past;

    private bool IsAlive => !Cos.IsInvalid && Mask is not { IsInvalid: true } && Segments?.Bounds is not { IsInvalid: true };

    // A record copied by "with" carries the plan of its original: the inputs tell whether it still holds.
    private bool Fits(ForwardContext context, long batch, long length) =>
        IsAlive && _batch == batch && _length == length && _past == Past(context)
        && ReferenceEquals(_inputs.Item1, context.PositionIds) && ReferenceEquals(_inputs.Item2, context.AttentionMask)
        && ReferenceEquals(_inputs.Item3, context.SegmentIds) && ReferenceEquals(_inputs.Item4, context.Cache) && ReferenceEquals(_inputs.Item5, context.RowCaches);

    // Caches only grow: the same caches with the same total have the same lengths.
    private static long Past(ForwardContext context) => context.RowCaches?.Sum(r => r.Length) ?? context.Cache?.Length ?? 0;

    private static (Tensor Cos, Tensor SignedSin) Angles(RotaryEmbedding rotary, ForwardContext context, long past, long length)
    {
        if (context.PositionIds is { } positions) return rotary.Select(positions);
        if (context.RowCaches is { } rows) return rotary.Rows([.. rows.Select(r => r.Length)]);
        return context.SegmentIds is { } segments ? rotary.Select(PositionsInSegments(segments)) : rotary.Range(past, length);
    }

    private static PackedSegments? SegmentsOf(Decoder decoder, ForwardContext context) =>
        context.SegmentIds is { } ids && context.AttentionMask is null && context.Cache is null ? PackedSegments.Of(ids, PackedSegments.TakesAtOnce(decoder)) : null;

    // 0, 1, 2, … from where the segment id last changed.
    private static Tensor PositionsInSegments(Tensor segments)
    {
        var length = segments.size(1);
        var index = arange(length, dtype: ScalarType.Int64, device: segments.device).unsqueeze(0);
        var starts = zeros_like(segments, dtype: ScalarType.Int64);
        if (length > 1)
        {
            var changed = segments.narrow(1, 1, length - 1).ne(segments.narrow(1, 0, length - 1));
            starts.narrow(1, 1, length - 1).copy_(changed.to(ScalarType.Int64) * index.narrow(1, 1, length - 1));
        }

        // Not the wrapper's own: an error in its native half would end the process.
        return index - Dispatcher.CallMany("aten::cummax", "", 2, starts, 1)[0]!;
    }

    // Additive [B or 1, 1, T, past+T]: 0 where allowed, minus infinity elsewhere. Every token sees itself, padding too: a row without
    // any allowed key would become NaN and spread through the values.
    private static Tensor? MaskOf(Decoder decoder, ForwardContext context, long past, long length)
    {
        if (context.RowCaches is not null) return null;
        if (context.AttentionMask is null && context.SegmentIds is null && (past == 0 || length == 1)) return null;
        using var scope = NewDisposeScope();
        // Behind padding on the right stands nothing real: looking back only is enough, and needs no mask.
        if (past == 0 && context.SegmentIds is null && IsRightPadded(context.AttentionMask!)) return null;
        var device = decoder.Device.Torch;
        var keys = arange(past + length, dtype: ScalarType.Int64, device: device).view(1, 1, 1, -1);
        var queries = arange(past, past + length, dtype: ScalarType.Int64, device: device).view(1, 1, -1, 1);
        var allowed = keys <= queries;
        if (context.AttentionMask is { } real) allowed = allowed.logical_and(real.to(device).to(ScalarType.Bool).view(real.size(0), 1, 1, -1));
        if (context.SegmentIds is { } segments) allowed = allowed.logical_and(segments.unsqueeze(1).unsqueeze(3).eq(segments.unsqueeze(1).unsqueeze(2)));
        allowed = allowed.logical_or(keys.eq(queries));
        var mask = zeros(allowed.shape, dtype: decoder.Dtype, device: device).masked_fill(allowed.logical_not(), float.NegativeInfinity);
        return mask.MoveToOuterDisposeScope();
    }

    private static bool IsRightPadded(Tensor real)
    {
        var length = real.size(1);
        return length == 1 || real.narrow(1, 1, length - 1).le(real.narrow(1, 0, length - 1)).all().item<bool>();
    }
}
