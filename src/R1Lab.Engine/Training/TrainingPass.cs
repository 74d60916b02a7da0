using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Native;
using R1Lab.Engine.Training.Objectives;
using R1Lab.Engine.Training.Objectives.Supervised;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>One micro-batch through the model and back. Gradients end up on the parameters; only a loss comes out.</summary>
/// <param name="checkpointing">
/// True keeps each block's input only, runs the block again for its gradient and frees it: bit-equal to the plain way, since dropout
/// repeats itself. Done by hand and not inside an autograd function, where an error would end the process.
/// </param>
/// <param name="clock">Notified when forward and backward begin.</param>
internal sealed class TrainingPass(Decoder decoder, AdapterSet? adapter, bool checkpointing, StepClock? clock = null)
{
    // Blocks before this one have nothing to learn: backward ends at its weights.
    private readonly int _firstTrained = FirstTrained(decoder, adapter);
    private readonly ForwardPass _forward = new(decoder, adapter);

    /// <summary>Whether blocks are run again for their gradients; may change between passes.</summary>
    public bool Checkpointing { get; set; } = checkpointing;

    /// <summary>How many of the first blocks, with <see cref="Checkpointing"/>; null or more than there are: all.</summary>
    public int? CheckpointedBlocks { get; set; }

    /// <summary>Whether a GPU must sum in the same order every time.</summary>
    public bool InOneOrder { get; set; } = true;

    /// <summary>What becomes of the scores; the cross entropy of supervised fine-tuning unless said otherwise.</summary>
    public ITokenLoss Loss { get; init; } = new CrossEntropyLoss();

    /// <summary>The scalar heads that the loss reads; null: there are none.</summary>
    public ScalarHeads? Heads { get; init; }

    /// <summary>Strength of the noise on embeddings; null: none.</summary>
    public double? NeftuneAlpha { get; init; }

    /// <summary>With checkpointing: the blocks' inputs wait in host memory.</summary>
    public bool Offload { get; init; }

    /// <summary>Numbers of logits held at once.</summary>
    public long LogitsAtOnce { get; init; } = TokenScores.LogitsAtOnce;

    private bool TrainsEmbedding => decoder.Parameters[DecoderShapes.Embedding].requires_grad;

    /// <summary>Forward and backward.</summary>
    /// <param name="divisor">What the summed loss is divided by.</param>
    /// <param name="dropoutSeed">Decides the dropout masks.</param>
    /// <param name="targets">What the loss is computed against; null: the learned tokens of the batch.</param>
    /// <returns>Summed loss over <paramref name="divisor"/> and the negative log-probability of every target, in the caller's dispose
    /// scope.</returns>
    public (Tensor Loss, Tensor Each) Backward(MicroBatch batch, double divisor, long dropoutSeed, TokenTargets? targets = null)
    {
        clock?.Enter(StepPhase.Forward);
        using var deterministic = new DeterministicAlgorithms(InOneOrder && decoder.Device.IsCuda);
        using var scope = NewDisposeScope();
        targets ??= TokenTargets.Of(batch);
        var work = new Work(targets, _forward.TokensOf(targets.Tokens), Loss.Needs.Reference?.States(batch, targets.Positions), divisor,
            empty(targets.Tokens.Length, dtype: TokenScores.Precise(decoder.Dtype), device: decoder.Device.Torch));
        var (ids, context) = (_forward.Ids(batch), _forward.Context(batch) with { Training = true, DropoutSeed = dropoutSeed });
        var loss = Checkpointing ? InSegments(ids, context, work) : AtOnce(ids, context, work);
        return (loss.MoveToOuterDisposeScope(), work.Each.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Where a forward pass first leaves the finite numbers: the name of a layer; the output matrix where every layer before it stays
    /// finite.
    /// </summary>
    public string FirstNonFinite(MicroBatch batch, long dropoutSeed)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var context = _forward.Context(batch) with { Training = true, DropoutSeed = dropoutSeed };
        var x = Embed(_forward.Ids(batch), context);
        if (!IsFinite(x)) return "model.embed_tokens";
        for (var i = 0; i < decoder.BlockCount; i++)
        {
            x = ForwardPass.Replace(x, decoder.Block(i, x, context));
            if (!IsFinite(x)) return $"model.layers.{i}";
        }

        return IsFinite(decoder.Normalize(ForwardPass.At(x, batch.Scored))) ? "lm_head" : "model.norm";
    }

    private Tensor AtOnce(Tensor ids, ForwardContext context, Work work)
    {
        var x = Embed(ids, context);
        for (var i = 0; i < decoder.BlockCount; i++) x = decoder.Block(i, x, context);
        return LossOf(x, work);
    }

    private Tensor InSegments(Tensor ids, ForwardContext context, Work work)
    {
        var count = Math.Min(CheckpointedBlocks ?? decoder.BlockCount, decoder.BlockCount);
        var inputs = new BlockInputs(count, Offload);
        var middle = KeepInputs(inputs, ids, context).requires_grad_(_firstTrained < count || TrainsEmbedding);
        var last = middle;
        for (var i = count; i < decoder.BlockCount; i++) last = decoder.Block(i, last, context);
        var loss = LossOf(last, work);
        if (!middle.requires_grad) return loss;
        var gradient = middle.grad!;
        for (var i = count - 1; i >= (TrainsEmbedding ? 0 : _firstTrained); i--)
            gradient = BackThrough(i, inputs.Take(i), gradient, context);
        if (TrainsEmbedding) autograd.backward([Embed(ids, context)], [gradient]);
        return loss;
    }

    // The loss of the last layer's output, and backward to where the graph begins.
    private Tensor LossOf(Tensor last, Work work)
    {
        var states = new ScoredStates(ForwardPass.At(last, work.Targets.Positions), work.Tokens, work.Targets, work.Each)
        {
            Heads = Loss.Needs.Heads.ToDictionary(
                name => name, name => Heads!.Read(name, decoder, ForwardPass.At(last, work.Targets.HeadPositions[name]))),
            Reference = work.Reference,
        };
        return new VocabularyChunks(decoder, Loss, clock, LogitsAtOnce).Backward(states, work.Divisor);
    }

    // The output of the last checkpointed block; inputs of blocks that backward reaches are kept.
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
        var layers = decoder.Parameters.Where(pair => pair.Value.requires_grad).Select(pair => DecoderShapes.LayerOf(pair.Key));
        return layers.Where(layer => layer is not null).Min() ?? decoder.BlockCount;
    }

    private static bool IsFinite(Tensor x) => x.isfinite().all().item<bool>();

    // What one micro-batch's loss is made of, beside the hidden states.
    private sealed record Work(TokenTargets Targets, Tensor Tokens, Tensor? Reference, double Divisor, Tensor Each);
}
