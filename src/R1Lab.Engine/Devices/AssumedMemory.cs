namespace R1Lab.Engine.Devices;

/// <summary>What cannot be counted and was measured instead (bench/README.md says how).</summary>
internal static class AssumedMemory
{
    /// <summary>The program with the tensor library loaded and used once, on the CPU.</summary>
    public const long Program = 190_000_000;

    /// <summary>Driver context, kernels and workspaces on a card. Not measured yet: PyTorch 2.10 reports 0.4 to 0.6 GB on current cards.</summary>
    public const long CardContext = 550_000_000;

    /// <summary>What the program grows by while it trains: compiled code, threads and their buffers for matrix products.</summary>
    public const long Growth = 25_000_000;

    /// <summary>What the C heap holds beside passing tensors, as a share of them: it keeps what was freed in between, in pieces that fit nothing else.</summary>
    public const double HeapFragmentation = 0.5;

    /// <summary>The same with checkpointing, where each layer is computed twice, with and without gradients: the pieces of one pass do not fit the other.</summary>
    public const double HeapFragmentationCheckpointing = 1.0;

    /// <summary>Tensors of this size and above are mapped for themselves and given back at once (the highest M_MMAP_THRESHOLD of glibc, mallopt(3)).</summary>
    public const long LargestOnHeap = 32L << 20;

    /// <summary>The same while QLoRA trains on the CPU, by the program's own choice: the many small dense weights in between would break up the heap.</summary>
    public const int LargestOnHeapQlora = 4 << 20;

    /// <summary>The same of the caching allocator with expandable segments. Not measured yet.</summary>
    public const double CardFragmentation = 0.05;
}
