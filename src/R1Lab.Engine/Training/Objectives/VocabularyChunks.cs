using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// A loss of scores over the vocabulary, forward and backward. Only positions that are scored reach the output matrix, and where their
/// logits would be large they are made in chunks, each dropped once its gradient has gone into the hidden states.
/// </summary>
/// <param name="clock">Notified when forward and backward begin.</param>
/// <param name="logitsAtOnce">Numbers of logits held at once.</param>
internal sealed class VocabularyChunks(
    Decoder decoder, ITokenLoss loss, StepClock? clock = null, long logitsAtOnce = TokenScores.LogitsAtOnce)
{
    /// <summary>The loss over <paramref name="divisor"/>, and its gradient sent back through states and heads.</summary>
    /// <returns>A scalar without graph.</returns>
    public Tensor Backward(ScoredStates states, double divisor)
    {
        if (Chunks(states.Count).Count() <= 1) return InOnePiece(states, divisor);
        var leaf = states.Hidden.detach().requires_grad_();
        var apart = states with { Hidden = leaf };
        var (total, roots) = loss.Needs.IsTogether ? Together(apart, divisor) : OneByOne(apart, divisor);
        if (states.Hidden.requires_grad && leaf.grad is { } gradient) roots.Add(new(states.Hidden, gradient));
        Send(roots);
        return total;
    }

    // One graph from the loss to the first layer.
    private Tensor InOnePiece(ScoredStates states, double divisor)
    {
        using var scope = NewDisposeScope();
        var (sum, roots) = Chunk(states, (0, states.Count), divisor);
        AddHeads(roots, states, sum);
        Send(roots);
        return sum.Loss.MoveToOuterDisposeScope();
    }

    private (Tensor Loss, List<Root> Roots) OneByOne(ScoredStates states, double divisor)
    {
        var total = zeros([], dtype: states.Each.dtype, device: states.Tokens.device);
        foreach (var at in Chunks(states.Count))
        {
            clock?.Enter(StepPhase.Forward);
            using var scope = NewDisposeScope();
            var (sum, roots) = Chunk(states, at, divisor);
            Send(roots);
            using (no_grad()) total.add_(sum.Loss);
        }

        return (total, []);
    }

    // The loss needs every log-probability before there is a gradient for any: the logits are made twice.
    private (Tensor Loss, List<Root> Roots) Together(ScoredStates states, double divisor)
    {
        var logProbs = TokenScores.LogProbs(decoder, states.Hidden, states.Tokens, logitsAtOnce);
        using (no_grad()) states.Each.copy_(logProbs.neg());
        var sum = loss.Backward(InputsOf(states, (0, states.Count), logProbs, null), states.Targets, divisor);
        foreach (var at in Chunks(sum.LogProbs is null ? 0 : states.Count))
        {
            clock?.Enter(StepPhase.Forward);
            using var scope = NewDisposeScope();
            var logSoftmax = TokenScores.LogSoftmax(decoder, Part(states.Hidden, at));
            var losses = TokenScores.Losses(logSoftmax, Part(states.Tokens, at));
            logSoftmax.Dispose();
            Send([new(losses, Part(sum.LogProbs!, at).neg())]);
        }

        var roots = new List<Root>();
        AddHeads(roots, states, sum);
        return (sum.Loss, roots);
    }

    // A chunk's values, their loss, and where its gradient enters the graph.
    private (LossSum Sum, List<Root> Roots) Chunk(ScoredStates states, (int Start, int Count) at, double divisor)
    {
        var logSoftmax = TokenScores.LogSoftmax(decoder, Part(states.Hidden, at));
        var losses = TokenScores.Losses(logSoftmax, Part(states.Tokens, at));
        var values = losses.detach();
        using (no_grad()) Part(states.Each, at).copy_(values);
        var inputs = InputsOf(states, at, values.neg(), loss.Needs.Vocabulary ? logSoftmax.detach() : null);
        var sum = loss.Backward(inputs, states.Targets, divisor);
        var roots = new List<Root>();
        if (sum.LogProbs is { } gradient) roots.Add(new(losses, gradient.neg()));
        if (sum.LogSoftmax is { } whole) roots.Add(new(logSoftmax, whole));
        // Autograd holds what it needs of it, and no longer than it needs it.
        else logSoftmax.Dispose();
        return (sum, roots);
    }

    private LossInputs InputsOf(ScoredStates states, (int Start, int Count) at, Tensor logProbs, Tensor? logSoftmax) =>
        new(at.Start, logProbs)
        {
            LogSoftmax = logSoftmax,
            Heads = states.Heads.ToDictionary(head => head.Key, head => head.Value.detach()),
            Reference = states.Reference is { } hidden
            ? ReferenceOf(loss.Needs.Reference!.Decoder, Part(hidden, at), Part(states.Tokens, at), at.Start)
            : null,
        };

    private LossInputs ReferenceOf(Decoder reference, Tensor hidden, Tensor tokens, int first)
    {
        if (!loss.Needs.Vocabulary) return new(first, TokenScores.LogProbs(reference, hidden, tokens, logitsAtOnce));
        using var noGradient = no_grad();
        var logSoftmax = TokenScores.LogSoftmax(reference, hidden);
        return new(first, TokenScores.Losses(logSoftmax, tokens).neg()) { LogSoftmax = logSoftmax };
    }

    private static void AddHeads(List<Root> roots, ScoredStates states, LossSum sum) =>
        roots.AddRange(sum.Heads.Select(head => new Root(states.Heads[head.Key], head.Value)));

    private void Send(List<Root> roots)
    {
        clock?.Enter(StepPhase.Backward);
        if (roots.Count > 0) autograd.backward([.. roots.Select(root => root.Value)], [.. roots.Select(root => root.Gradient)]);
    }

    private IEnumerable<(int Start, int Count)> Chunks(int positions) => TokenScores.Chunks(decoder, positions, logitsAtOnce);

    private static Tensor Part(Tensor whole, (int Start, int Count) at) =>
        at.Count == whole.size(0) ? whole : whole.narrow(0, at.Start, at.Count);

    // A tensor of the graph and the gradient that is sent through it.
    private readonly record struct Root(Tensor Value, Tensor Gradient);
}
