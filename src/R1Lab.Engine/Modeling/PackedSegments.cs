using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// The examples of packed lines as runs of tokens, one behind the other over the whole batch. Attention runs inside each, so nothing is computed
/// or held for two tokens that must not see each other.
/// </summary>
/// <param name="Lengths">Tokens of each run; together the whole batch, padding at a line's end being a run of its own.</param>
/// <param name="Bounds">[runs+1] int32 on the card, for the kernel that takes all runs at once; null: run by run.</param>
internal sealed record PackedSegments(long[] Lengths, Tensor? Bounds)
{
    /// <param name="segmentIds">[B,T] long.</param>
    /// <param name="atOnce">Whether <see cref="TakesAtOnce"/> holds.</param>
    public static PackedSegments Of(Tensor segmentIds, bool atOnce)
    {
        using var scope = NewDisposeScope();
        var lengths = LengthsOf(segmentIds.to(ScalarType.Int64).cpu().contiguous().data<long>().ToArray(), segmentIds.size(1));
        var bounds = atOnce ? tensor(BoundsOf(lengths), dtype: ScalarType.Int32, device: segmentIds.device).MoveToOuterDisposeScope() : null;
        return new PackedSegments(lengths, bounds);
    }

    /// <summary>Lengths of the runs of one id; a line's end is always a run's end.</summary>
    /// <param name="ids">Line after line.</param>
    /// <param name="lineLength">Tokens of a line.</param>
    public static long[] LengthsOf(IReadOnlyList<long> ids, long lineLength)
    {
        var lengths = new List<long>();
        for (var i = 0; i < ids.Count; i++)
        {
            if (i % lineLength == 0 || ids[i] != ids[i - 1]) lengths.Add(0);
            lengths[^1]++;
        }

        return [.. lengths];
    }

    /// <summary>Where each run begins, and where the last one ends: what the kernels call <c>cu_seqlens</c>.</summary>
    public static int[] BoundsOf(IReadOnlyList<long> lengths)
    {
        var bounds = new int[lengths.Count + 1];
        for (var i = 0; i < lengths.Count; i++) bounds[i + 1] = checked(bounds[i] + (int)lengths[i]);
        return bounds;
    }

    /// <summary>Whether this device, dtype and head size have the kernel for runs of different length (flash attention of libtorch, compute capability 8.0 and up).</summary>
    public static bool TakesAtOnce(Decoder decoder)
    {
        if (!decoder.Device.IsCuda || decoder.Dtype is not (ScalarType.BFloat16 or ScalarType.Float16)) return false;
        if (decoder.Config.HeadDim % 8 != 0 || decoder.Config.HeadDim > 256) return false;
        using var scope = NewDisposeScope();
        var sample = zeros([1, 1, 8, decoder.Config.HeadDim], dtype: decoder.Dtype, device: decoder.Device.Torch);
        // 1 = flash, 3 = cuDNN: both need a card that flash attention runs on.
        return Dispatcher.CallInteger("aten::_fused_sdp_choice", "", sample, sample, sample, Argument.None, 0.0, true, Argument.None, false) is 1 or 3;
    }

    /// <summary>Causal attention inside every run.</summary>
    /// <param name="q">[N,heads,dim], all tokens of the batch.</param>
    /// <param name="k">[N,kvHeads,dim].</param>
    /// <param name="v">[N,kvHeads,dim].</param>
    /// <returns>[N,heads,dim].</returns>
    public Tensor Attend(Tensor q, Tensor k, Tensor v) => Bounds is null ? RunByRun(q, k, v) : AtOnce(q, k, v, Bounds);

    private Tensor RunByRun(Tensor q, Tensor k, Tensor v)
    {
        var (queries, keys, values) = (Pieces(q), Pieces(k), Pieces(v));
        var parts = new Tensor[Lengths.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = GroupedAttention.Attend(queries[i], keys[i], values[i], null, causal: true).transpose(1, 2);
        }

        return cat(parts, 1).squeeze(0);
    }

    // [1,heads,length,dim] of every run. One split, not many narrowings: its backward is one concatenation.
    private Tensor[] Pieces(Tensor x) => x.unsqueeze(0).transpose(1, 2).split(Lengths, 2);

    private Tensor AtOnce(Tensor q, Tensor k, Tensor v, Tensor bounds)
    {
        var (cumulative, longest) = (Argument.Optional(bounds), Lengths.Max());
        var results = Dispatcher.CallMany(
            "aten::_flash_attention_forward", "", 5, q, k, v, cumulative, cumulative, longest, longest, 0.0, true, false,
            Argument.None, Argument.None, Argument.None, Argument.None, Argument.None);
        return results[0]!;
    }
}
