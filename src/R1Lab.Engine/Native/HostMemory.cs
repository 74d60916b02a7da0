using static TorchSharp.torch;

namespace R1Lab.Engine.Native;

/// <summary>Tensors in the machine's own memory that are sent to a card or come from one.</summary>
internal static class HostMemory
{
    /// <summary>Room for a tensor, with nothing in it yet, in the caller's dispose scope.</summary>
    /// <param name="pinned">
    /// Pages that stay where they are, so that a copy runs in the card's own order of work: copies of pageable memory make the program wait for the
    /// card. Libtorch keeps the room until such a copy is done, even when the tensor is let go before. Needs a card.
    /// </param>
    public static Tensor Empty(long[] shape, ScalarType dtype, bool pinned) => Dispatcher.Call(
        "aten::empty", "memory_format", Argument.Of(shape), Argument.Optional((Argument)dtype), Argument.None, Argument.None, Argument.Optional(pinned), Argument.None);
}
