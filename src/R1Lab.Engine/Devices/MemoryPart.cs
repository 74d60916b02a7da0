namespace R1Lab.Engine.Devices;

/// <summary>What memory is taken for.</summary>
public enum MemoryPart
{
    /// <summary>The program itself: runtime and tensor library, on a card the driver's context.</summary>
    Runtime,

    /// <summary>The base model as it is stored while training, quantised or not.</summary>
    Weights,

    /// <summary>The adapter's own weights.</summary>
    Adapter,

    /// <summary>Gradients of what is trained.</summary>
    Gradients,

    /// <summary>Master copies and moments.</summary>
    Optimizer,

    /// <summary>What the forward pass keeps for the backward pass.</summary>
    Activations,

    /// <summary>Passing results while one layer is computed, forward, again or backward.</summary>
    Working,

    /// <summary>Scores over the vocabulary and their gradients, a chunk at a time.</summary>
    Logits,

    /// <summary>Keys and values while probe prompts are answered.</summary>
    KeyValueCache,

    /// <summary>Models that stay loaded beside the run for chat and evaluation.</summary>
    ChatModel,

    /// <summary>Unused room between blocks that the allocator cannot give away.</summary>
    Overhead,
}

/// <summary>Bytes taken for one purpose.</summary>
public sealed record MemoryShare(MemoryPart Part, long Bytes);

/// <summary>Stretches of a run that need memory differently.</summary>
public enum MemoryMoment
{
    /// <summary>Reading the weights.</summary>
    Loading,

    /// <summary>The scores over the vocabulary and their gradient, when everything kept for the backward pass is there.</summary>
    Loss,

    /// <summary>The backward pass of the last layer.</summary>
    Backward,

    /// <summary>The optimizer's step.</summary>
    Update,

    /// <summary>Evaluation loss and answers to probe prompts.</summary>
    Evaluation,
}
