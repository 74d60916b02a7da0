using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// Cross entropy of scored places over the vocabulary, in float32. Only places that are scored reach the output matrix, and where their
/// logits would be large they are made in pieces, each dropped once its gradient has gone into the hidden states.
/// </summary>
internal static class VocabularyLoss
{
    /// <summary>Logits held at once: 2^25 numbers, 128 MiB.</summary>
    internal const long LogitsAtOnce = 1L << 25;

    /// <summary>Sum of the loss, and its gradient sent back through the hidden states.</summary>
    /// <param name="hidden">[N,Hidden] of the last layer before the final norm, scored places only, with its graph.</param>
    /// <param name="targets">[N] long.</param>
    /// <param name="divisor">The loss is divided by this before it is sent back.</param>
    /// <param name="clock">Told when its backward begins.</param>
    /// <param name="logitsAtOnce">Numbers of logits held at once.</param>
    /// <param name="each">[N] float32; gets the loss of every place. Null where nobody asks.</param>
    /// <returns>The sum divided by <paramref name="divisor"/>, a scalar without graph.</returns>
    public static Tensor Backward(Decoder decoder, Tensor hidden, Tensor targets, double divisor, StepClock? clock = null, long logitsAtOnce = LogitsAtOnce, Tensor? each = null)
    {
        var rows = Math.Max(1, logitsAtOnce / decoder.Config.VocabSize);
        if (targets.size(0) <= rows)
        {
            using var scope = NewDisposeScope();
            var loss = Sum(decoder, hidden, targets, each) / (float)divisor;
            clock?.Enter(StepPhase.Backward);
            loss.backward();
            return loss.detach().MoveToOuterDisposeScope();
        }

        var leaf = hidden.detach().requires_grad_();
        var total = zeros([], dtype: ScalarType.Float32, device: hidden.device);
        for (var start = 0L; start < targets.size(0); start += rows)
        {
            clock?.Enter(StepPhase.Forward);
            using var scope = NewDisposeScope();
            var count = Math.Min(rows, targets.size(0) - start);
            var loss = Sum(decoder, leaf.narrow(0, start, count), targets.narrow(0, start, count), each?.narrow(0, start, count)) / (float)divisor;
            clock?.Enter(StepPhase.Backward);
            loss.backward();
            using (no_grad()) total.add_(loss.detach());
        }

        if (hidden.requires_grad) autograd.backward([hidden], [leaf.grad!]);
        return total;
    }

    /// <summary>Without gradients: the sum of the loss, and how many targets the model ranks first; two scalars.</summary>
    public static (Tensor Loss, Tensor Right) Evaluate(Decoder decoder, Tensor hidden, Tensor targets)
    {
        var rows = Math.Max(1, LogitsAtOnce / decoder.Config.VocabSize);
        var total = zeros([], dtype: ScalarType.Float32, device: hidden.device);
        var right = zeros([], dtype: ScalarType.Int64, device: hidden.device);
        for (var start = 0L; start < targets.size(0); start += rows)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(rows, targets.size(0) - start);
            var (logits, wanted) = (Logits(decoder, hidden.narrow(0, start, count)), targets.narrow(0, start, count));
            total.add_(nn.functional.cross_entropy(logits, wanted, reduction: nn.Reduction.Sum));
            right.add_(logits.argmax(1).eq(wanted).sum());
        }

        return (total, right);
    }

    // The logits are let go before the backward pass: autograd keeps only their logarithms.
    private static Tensor Sum(Decoder decoder, Tensor hidden, Tensor targets, Tensor? each)
    {
        using var scope = NewDisposeScope();
        var losses = nn.functional.cross_entropy(Logits(decoder, hidden), targets, reduction: nn.Reduction.None);
        using (no_grad()) each?.copy_(losses);
        return losses.sum().MoveToOuterDisposeScope();
    }

    private static Tensor Logits(Decoder decoder, Tensor hidden) => decoder.Head(decoder.Normalize(hidden)).to(ScalarType.Float32);
}
