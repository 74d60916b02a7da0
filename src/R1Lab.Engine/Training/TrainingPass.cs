using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>One micro-batch through the model and back. Gradients end up on the parameters; only a loss comes out.</summary>
/// <param name="checkpointing">
/// True keeps each block's input only, runs the block again for its gradient and frees it: bit-equal to the plain way, since dropout repeats itself.
/// Done by hand and not inside an autograd function, where an error would end the process.
/// </param>
/// <param name="clock">Told when forward and backward begin.</param>
internal sealed class TrainingPass(Decoder decoder, AdapterSet? adapter, bool checkpointing, StepClock? clock = null)
{
    /// <summary>Forward and backward.</summary>
    /// <param name="divisor">What the summed loss is divided by.</param>
    /// <param name="dropoutSeed">Decides the dropout masks.</param>
    /// <returns>Summed loss over <paramref name="divisor"/>, in the caller's dispose scope.</returns>
    public Tensor Backward(MicroBatch batch, double divisor, long dropoutSeed)
    {
        clock?.Enter(StepPhase.Forward);
        using var scope = NewDisposeScope();
        var (ids, scored, targets) = Inputs(batch);
        var context = ContextOf(batch) with { Training = true, DropoutSeed = dropoutSeed };
        var loss = checkpointing ? InSegments(ids, scored, targets, context, divisor) : AtOnce(ids, scored, targets, context, divisor);
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>Summed loss without gradients or dropout, in the caller's dispose scope.</summary>
    public Tensor Evaluate(MicroBatch batch)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (ids, scored, targets) = Inputs(batch);
        var context = ContextOf(batch);
        var x = decoder.Embed(ids);
        for (var i = 0; i < decoder.BlockCount; i++) x = Replace(x, decoder.Block(i, x, context));
        return VocabularyLoss.Evaluate(decoder, Scored(x, scored), targets).MoveToOuterDisposeScope();
    }

    private Tensor AtOnce(Tensor ids, Tensor scored, Tensor targets, ForwardContext context, double divisor)
    {
        var x = decoder.Embed(ids);
        for (var i = 0; i < decoder.BlockCount; i++) x = decoder.Block(i, x, context);
        return VocabularyLoss.Backward(decoder, Scored(x, scored), targets, divisor, clock);
    }

    private Tensor InSegments(Tensor ids, Tensor scored, Tensor targets, ForwardContext context, double divisor)
    {
        var inputs = new Tensor[decoder.BlockCount + 1];
        using (no_grad())
        {
            inputs[0] = decoder.Embed(ids);
            for (var i = 0; i < decoder.BlockCount; i++) inputs[i + 1] = decoder.Block(i, inputs[i], context);
        }

        var last = inputs[^1].requires_grad_();
        var loss = VocabularyLoss.Backward(decoder, Scored(last, scored), targets, divisor, clock);
        var gradient = last.grad!;
        for (var i = decoder.BlockCount - 1; i >= 0; i--) gradient = BackThrough(i, inputs[i], gradient, context);
        if (!decoder.Parameters["model.embed_tokens.weight"].requires_grad) return loss;
        autograd.backward([decoder.Embed(ids)], [gradient]);
        return loss;
    }

    // The gradient of a block's input from the gradient of its output; gradients of its weights are added where they belong.
    private Tensor BackThrough(int block, Tensor input, Tensor gradient, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        input.requires_grad = true;
        autograd.backward([decoder.Block(block, input, context)], [gradient]);
        gradient.Dispose();
        var own = input.grad!.MoveToOuterDisposeScope();
        input.Dispose();
        return own;
    }

    private (Tensor Ids, Tensor Scored, Tensor Targets) Inputs(MicroBatch batch)
    {
        var device = decoder.Device.Torch;
        return (tensor(batch.InputIds, [batch.Lines, batch.Length], device: device), tensor(batch.Scored, device: device), tensor(batch.Targets, device: device));
    }

    // Padding stands to the right, where no real token of a causal model sees it: no mask is needed but for packed examples.
    private ForwardContext ContextOf(MicroBatch batch)
    {
        var device = decoder.Device.Torch;
        return new ForwardContext
        {
            Adapter = adapter,
            SegmentIds = batch.SegmentIds is null ? null : tensor(batch.SegmentIds, [batch.Lines, batch.Length], device: device),
            PositionIds = batch.PositionIds is null ? null : tensor(batch.PositionIds, [batch.Lines, batch.Length], device: device),
        };
    }

    private static Tensor Scored(Tensor x, Tensor scored) => x.reshape(-1, x.size(-1)).index_select(0, scored);

    private static Tensor Replace(Tensor old, Tensor next)
    {
        old.Dispose();
        return next;
    }
}
