using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Native;
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
    /// <summary>Whether blocks are run again for their gradients; may change between passes.</summary>
    public bool Checkpointing { get; set; } = checkpointing;

    /// <summary>How many of the first blocks, with <see cref="Checkpointing"/>; null or more than there are: all.</summary>
    public int? CheckpointedBlocks { get; set; }

    /// <summary>Whether a card must add up in the same order every time.</summary>
    public bool InOneOrder { get; set; } = true;

    /// <summary>Called before every pass with its rows, and true where gradients are taken.</summary>
    public Action<MicroBatch, bool>? BeforePass { get; init; }

    /// <summary>Strength of the noise on embeddings; null: none.</summary>
    public double? NeftuneAlpha { get; init; }

    /// <summary>With checkpointing: the blocks' inputs wait in host memory.</summary>
    public bool Offload { get; init; }

    // Blocks before this one have nothing to learn: the way back ends at its weights.
    private readonly int _firstTrained = FirstTrained(decoder, adapter);

    private bool TrainsEmbedding => decoder.Parameters[DecoderShapes.Embedding].requires_grad;

    /// <summary>Forward and backward.</summary>
    /// <param name="divisor">What the summed loss is divided by.</param>
    /// <param name="dropoutSeed">Decides the dropout masks.</param>
    /// <returns>Summed loss over <paramref name="divisor"/> and the loss of every scored place, in the caller's dispose scope.</returns>
    public (Tensor Loss, Tensor Each) Backward(MicroBatch batch, double divisor, long dropoutSeed)
    {
        clock?.Enter(StepPhase.Forward);
        BeforePass?.Invoke(batch, true);
        using var deterministic = new DeterministicAlgorithms(InOneOrder && decoder.Device.IsCuda);
        using var scope = NewDisposeScope();
        var (ids, scored, targets) = Inputs(batch);
        var context = ContextOf(batch) with { Training = true, DropoutSeed = dropoutSeed };
        var each = empty(batch.Targets.Length, dtype: ScalarType.Float32, device: decoder.Device.Torch);
        var loss = Checkpointing ? InSegments(ids, (scored, targets, each), context, divisor) : AtOnce(ids, (scored, targets, each), context, divisor);
        return (loss.MoveToOuterDisposeScope(), each.MoveToOuterDisposeScope());
    }

    /// <summary>Summed loss, and how many tokens the model ranks first, without gradients or dropout, in the caller's dispose scope.</summary>
    public (Tensor Loss, Tensor Right) Evaluate(MicroBatch batch)
    {
        BeforePass?.Invoke(batch, false);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (ids, scored, targets) = Inputs(batch);
        var context = ContextOf(batch);
        var x = decoder.Embed(ids);
        for (var i = 0; i < decoder.BlockCount; i++) x = Replace(x, decoder.Block(i, x, context));
        var (loss, right) = VocabularyLoss.Evaluate(decoder, Scored(x, scored), targets);
        return (loss.MoveToOuterDisposeScope(), right.MoveToOuterDisposeScope());
    }

    /// <summary>Where a forward pass first leaves the finite numbers: the name of a layer; the output matrix where every layer before it stays finite.</summary>
    public string FirstNonFinite(MicroBatch batch, long dropoutSeed)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (ids, scored, _) = Inputs(batch);
        var context = ContextOf(batch) with { Training = true, DropoutSeed = dropoutSeed };
        var x = Embed(ids, context);
        if (!IsFinite(x)) return "model.embed_tokens";
        for (var i = 0; i < decoder.BlockCount; i++)
        {
            x = Replace(x, decoder.Block(i, x, context));
            if (!IsFinite(x)) return $"model.layers.{i}";
        }

        return IsFinite(decoder.Normalize(Scored(x, scored))) ? "lm_head" : "model.norm";
    }

    private Tensor AtOnce(Tensor ids, (Tensor Places, Tensor Targets, Tensor Each) scored, ForwardContext context, double divisor)
    {
        var x = Embed(ids, context);
        for (var i = 0; i < decoder.BlockCount; i++) x = decoder.Block(i, x, context);
        return VocabularyLoss.Backward(decoder, Scored(x, scored.Places), scored.Targets, divisor, clock, each: scored.Each);
    }

    private Tensor InSegments(Tensor ids, (Tensor Places, Tensor Targets, Tensor Each) scored, ForwardContext context, double divisor)
    {
        var count = Math.Min(CheckpointedBlocks ?? decoder.BlockCount, decoder.BlockCount);
        var inputs = new BlockInputs(count, Offload);
        var middle = KeepInputs(inputs, ids, context).requires_grad_(_firstTrained < count || TrainsEmbedding);
        var last = middle;
        for (var i = count; i < decoder.BlockCount; i++) last = decoder.Block(i, last, context);
        var loss = VocabularyLoss.Backward(decoder, Scored(last, scored.Places), scored.Targets, divisor, clock, each: scored.Each);
        if (!middle.requires_grad) return loss;
        var gradient = middle.grad!;
        for (var i = count - 1; i >= (TrainsEmbedding ? 0 : _firstTrained); i--)
            gradient = BackThrough(i, inputs.Take(i), gradient, context);
        if (TrainsEmbedding) autograd.backward([Embed(ids, context)], [gradient]);
        return loss;
    }

    // The output of the last checkpointed block; inputs of blocks the way back passes are kept.
    private Tensor KeepInputs(BlockInputs inputs, Tensor ids, ForwardContext context)
    {
        using var noGradient = no_grad();
        var x = Embed(ids, context);
        for (var i = 0; i < inputs.Count; i++)
        {
            var next = decoder.Block(i, x, context);
            if (i >= _firstTrained || TrainsEmbedding) inputs.Keep(i, x);
            else x.Dispose();
            x = next;
        }

        return x;
    }

    private Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingNoise.Add(decoder.Embed(ids), NeftuneAlpha, context.DropoutSeed);

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

    private static int FirstTrained(Decoder decoder, AdapterSet? adapter)
    {
        if (adapter is not null) return decoder.Projections.Where(at => adapter.Find(at.Slot) is not null).Min(at => at.Layer);
        return decoder.Parameters.Where(pair => pair.Value.requires_grad).Select(pair => DecoderShapes.LayerOf(pair.Key)).Where(layer => layer is not null).Min() ?? decoder.BlockCount;
    }

    private (Tensor Ids, Tensor Scored, Tensor Targets) Inputs(MicroBatch batch)
    {
        var (embedding, last, head) = (decoder.TokenDevice.Torch, decoder.Placement.Layers[^1].Torch, decoder.HeadDevice.Torch);
        return (tensor(batch.InputIds, [batch.Lines, batch.Length], device: embedding), tensor(batch.Scored, device: last), tensor(batch.Targets, device: head));
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

    private static bool IsFinite(Tensor x) => x.isfinite().all().item<bool>();

    private static Tensor Scored(Tensor x, Tensor scored) => x.reshape(-1, x.size(-1)).index_select(0, scored);

    private static Tensor Replace(Tensor old, Tensor next)
    {
        old.Dispose();
        return next;
    }
}
