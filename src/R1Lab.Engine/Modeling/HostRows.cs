using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>Rows of a frozen table that stays in the machine's memory: looked up there, and only what was found goes to the card.</summary>
internal static class HostRows
{
    /// <param name="table">[N,Hidden] on the CPU, often a view of the model's file; it must not learn.</param>
    /// <param name="ids">[B,T] long; ids on a card are fetched, which waits for it.</param>
    /// <param name="device">Where the rows are wanted.</param>
    /// <returns>[B,T,Hidden] of the table's type on <paramref name="device"/>, in the caller's dispose scope.</returns>
    public static Tensor Look(Tensor table, Tensor ids, ComputeDevice device)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var flat = ids.cpu().reshape(-1);
        var rows = HostMemory.Empty([flat.size(0), table.size(1)], table.dtype, pinned: device.IsCuda);
        Dispatcher.Call("aten::index_select", "out", table, 0, flat, rows).Dispose(); // gives its room back once more
        // A copy on any device: what is handed out is a tensor of its own, which may be made to require gradients.
        return rows.view([.. ids.shape, table.size(1)]).to(device.Torch, copy: true, disposeAfter: false, non_blocking: device.IsCuda).MoveToOuterDisposeScope();
    }
}
