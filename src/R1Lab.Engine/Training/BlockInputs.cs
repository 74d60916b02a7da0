using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// The inputs of a pass's blocks between the forward and the backward pass: where they are, or waiting in host memory. Copies to and from
/// pinned memory run in the card's own order of work, so nothing waits for them here.
/// </summary>
/// <param name="count">Blocks.</param>
/// <param name="offload">True moves what is kept to host memory.</param>
internal sealed class BlockInputs(int count, bool offload)
{
    private readonly (Tensor Input, Device Home)?[] _kept = new (Tensor, Device)?[count];

    public int Count => count;

    /// <summary>Keeps a block's input [B,T,Hidden]; it is this object's from now on.</summary>
    public void Keep(int block, Tensor input)
    {
        _kept[block] = (offload ? ToHost(input) : input, input.device);
        if (offload) input.Dispose();
    }

    /// <summary>Gives a block's input back, once, on the device it came from.</summary>
    public Tensor Take(int block)
    {
        var (kept, home) = _kept[block] ?? throw new InvalidOperationException($"The input of block {block} is not kept.");
        _kept[block] = null;
        if (!offload) return kept;
        var back = kept.to(home, copy: true, disposeAfter: false, non_blocking: true);
        kept.Dispose();
        return back;
    }

    private static Tensor ToHost(Tensor input)
    {
        // Pageable memory would make the copy wait for the card; without a card there is no other.
        var pinned = input.device.type == DeviceType.CUDA;
        return HostMemory.Empty(input.shape, input.dtype, pinned).copy_(input, pinned);
    }
}
