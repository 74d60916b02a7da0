using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>Attention where several heads of queries share one of keys and values.</summary>
internal static class GroupedAttention
{
    private const int WholeMatrix = 0;

    /// <param name="q">[B,heads,T,dim].</param>
    /// <param name="k">[B,kvHeads,S,dim].</param>
    /// <param name="v">[B,kvHeads,S,dim].</param>
    /// <param name="mask">Added to the products [B or 1,1,T,S]; null: none.</param>
    /// <param name="causal">Whether a query sees only the keys up to its own place; without a mask.</param>
    /// <returns>[B,heads,T,dim].</returns>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal)
    {
        var shared = q.size(1) != k.size(1);
        if (shared && MakesWholeMatrix(q, k, v, mask, causal)) (k, v, shared) = (Repeated(k, q.size(1)), Repeated(v, q.size(1)), false);
        return Dispatcher.Call("aten::scaled_dot_product_attention", "", q, k, v, Argument.Optional(mask), 0.0, causal, Argument.None, shared);
    }

    // Only flash attention takes shared keys on a card. Where it does not run (float32, a mask, cards before compute capability 8.0) libtorch would hold
    // all T x S products; with a key for every head another kernel works in pieces.
    private static bool MakesWholeMatrix(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal) =>
        q.device_type == DeviceType.CUDA
        && Dispatcher.CallInteger("aten::_fused_sdp_choice", "", q, k, v, Argument.Optional(mask), 0.0, causal, Argument.None, true) == WholeMatrix;

    private static Tensor Repeated(Tensor x, long heads)
    {
        var (batch, kvHeads, length, dim) = (x.size(0), x.size(1), x.size(2), x.size(3));
        return x.unsqueeze(2).expand(batch, kvHeads, heads / kvHeads, length, dim).reshape(batch, heads, length, dim);
    }
}
