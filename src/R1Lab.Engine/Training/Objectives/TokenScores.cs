using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// Scores over the vocabulary, in float32 (float64 where the model is), made in chunks where the logits of all positions would be large.
/// </summary>
internal static class TokenScores
{
    /// <summary>Logits held at once: 2^25 numbers, 128 MiB.</summary>
    internal const long LogitsAtOnce = 1L << 25;

    /// <summary>The type of losses.</summary>
    public static ScalarType Precise(ScalarType type) => type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>Consecutive parts of so many positions, each with few enough logits.</summary>
    public static IEnumerable<(int Start, int Count)> Chunks(Decoder decoder, int positions, long logitsAtOnce = LogitsAtOnce)
    {
        var most = (int)Math.Clamp(logitsAtOnce / decoder.Config.VocabSize, 1, int.MaxValue);
        for (var start = 0; start < positions; start += most) yield return (start, Math.Min(most, positions - start));
    }

    /// <summary>
    /// [n,Vocab] log-probabilities of the whole vocabulary. The logits are let go: autograd keeps only their logarithms.
    /// </summary>
    /// <param name="states">[n,Hidden] of the last layer, before the final norm.</param>
    public static Tensor LogSoftmax(Decoder decoder, Tensor states)
    {
        using var scope = NewDisposeScope();
        return nn.functional.log_softmax(Logits(decoder, states), 1).MoveToOuterDisposeScope();
    }

    /// <summary>[n] negative log-probabilities of tokens.</summary>
    public static Tensor Losses(Tensor logSoftmax, Tensor tokens) =>
        nn.functional.nll_loss(logSoftmax, tokens, reduction: nn.Reduction.None);

    /// <summary>Without gradients: log-probabilities [N] of tokens.</summary>
    public static Tensor LogProbs(Decoder decoder, Tensor states, Tensor tokens, long logitsAtOnce = LogitsAtOnce)
    {
        using var noGradient = no_grad();
        var all = empty(tokens.shape, dtype: Precise(states.dtype), device: tokens.device);
        foreach (var (start, count) in Chunks(decoder, (int)tokens.size(0), logitsAtOnce))
        {
            using var scope = NewDisposeScope();
            var logSoftmax = LogSoftmax(decoder, states.narrow(0, start, count));
            all.narrow(0, start, count).copy_(Losses(logSoftmax, tokens.narrow(0, start, count)).neg_());
        }

        return all;
    }

    /// <summary>Without gradients: the summed cross entropy, and how many tokens the model ranks first; two scalars.</summary>
    public static (Tensor Loss, Tensor Right) Evaluate(Decoder decoder, Tensor states, Tensor tokens)
    {
        var total = zeros([], dtype: ScalarType.Float32, device: states.device);
        var right = zeros([], dtype: ScalarType.Int64, device: states.device);
        foreach (var (start, count) in Chunks(decoder, (int)tokens.size(0)))
        {
            using var scope = NewDisposeScope();
            var (logits, wanted) = (Logits(decoder, states.narrow(0, start, count)), tokens.narrow(0, start, count));
            total.add_(nn.functional.cross_entropy(logits, wanted, reduction: nn.Reduction.Sum));
            right.add_(logits.argmax(1).eq(wanted).sum());
        }

        return (total, right);
    }

    private static Tensor Logits(Decoder decoder, Tensor states) => decoder.Head(decoder.Normalize(states)).to(Precise(states.dtype));
}
