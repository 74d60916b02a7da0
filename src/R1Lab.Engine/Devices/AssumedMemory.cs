namespace R1Lab.Engine.Devices;

/// <summary>What cannot be counted and was measured instead (bench/README.md says how).</summary>
internal static class AssumedMemory
{
    /// <summary>The program with the tensor library loaded and used once, on the CPU.</summary>
    public const long Program = 190_000_000;

    /// <summary>Driver context, kernels and workspaces on a card. Not measured yet: PyTorch 2.10 reports 0.4 to 0.6 GB on current cards.</summary>
    public const long CardContext = 550_000_000;

    /// <summary>Share of passing tensors that the C heap holds beside them.</summary>
    public const double HeapFragmentation = 0.1;

    /// <summary>The same of the caching allocator with expandable segments. Not measured yet.</summary>
    public const double CardFragmentation = 0.05;
}
