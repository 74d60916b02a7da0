using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// A micro-batch forward through a model without gradients or dropout. Base, reference and teacher model are read by it.
/// </summary>
/// <param name="decoder">Stays the caller's.</param>
/// <param name="adapter">Null: the decoder alone.</param>
internal sealed class ForwardPass(Decoder decoder, AdapterSet? adapter)
{
    public Decoder Decoder => decoder;

    /// <summary>
    /// Hidden states [N,Hidden] of the last layer, before the final norm, at flat positions; in the caller's dispose scope.
    /// </summary>
    public Tensor States(MicroBatch batch, long[] positions)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return At(Last(batch), positions).MoveToOuterDisposeScope();
    }

    /// <summary>Log-probabilities of targets and the outputs of heads, in the caller's dispose scope.</summary>
    /// <param name="heads">Those that are read; null: none.</param>
    public LossInputs Score(MicroBatch batch, TokenTargets targets, ScalarHeads? heads = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var last = Last(batch);
        var logProbs = TokenScores.LogProbs(decoder, At(last, targets.Positions), TokensOf(targets.Tokens));
        var outputs = (heads?.Names ?? []).ToDictionary(
            name => name, name => heads!.Read(name, decoder, At(last, targets.HeadPositions[name])).MoveToOuterDisposeScope());
        return new LossInputs(0, logProbs.MoveToOuterDisposeScope()) { Heads = outputs };
    }

    /// <summary>
    /// Summed cross entropy of the learned tokens, and how many of them the model ranks first; two scalars in the caller's dispose scope.
    /// </summary>
    public (Tensor Loss, Tensor Right) Evaluate(MicroBatch batch)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (loss, right) = TokenScores.Evaluate(decoder, States(batch, batch.Scored), TokensOf(batch.Targets));
        return (loss.MoveToOuterDisposeScope(), right.MoveToOuterDisposeScope());
    }

    /// <summary>Token ids [Lines,Length] where the embedding looks them up.</summary>
    internal Tensor Ids(MicroBatch batch) => tensor(batch.InputIds, [batch.Lines, batch.Length], device: decoder.TokenDevice.Torch);

    /// <summary>Tokens [N] where the output matrix is.</summary>
    internal Tensor TokensOf(long[] tokens) => tensor(tokens, device: decoder.HeadDevice.Torch);

    /// <summary>
    /// Padding is to the right, where no real token of a causal model sees it: a mask is needed only for packed examples.
    /// </summary>
    internal ForwardContext Context(MicroBatch batch)
    {
        var device = decoder.Device.Torch;
        return new ForwardContext
        {
            Adapter = adapter,
            SegmentIds = batch.SegmentIds is null ? null : tensor(batch.SegmentIds, [batch.Lines, batch.Length], device: device),
            PositionIds = batch.PositionIds is null ? null : tensor(batch.PositionIds, [batch.Lines, batch.Length], device: device),
        };
    }

    /// <summary>The states [N,Hidden] at flat positions of [B,T,Hidden].</summary>
    internal static Tensor At(Tensor x, long[] positions) =>
        x.reshape(-1, x.size(-1)).index_select(0, tensor(positions, device: x.device));

    /// <summary>The next layer's output in place of the last one's.</summary>
    internal static Tensor Replace(Tensor old, Tensor next)
    {
        old.Dispose();
        return next;
    }

    // [B,T,Hidden] of the last layer.
    private Tensor Last(MicroBatch batch)
    {
        var context = Context(batch);
        var x = decoder.Embed(Ids(batch));
        for (var i = 0; i < decoder.BlockCount; i++) x = Replace(x, decoder.Block(i, x, context));
        return x;
    }
}
