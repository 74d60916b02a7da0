using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>Fills a card but for some room, so that a small run meets its end.</summary>
internal sealed class Ballast : IDisposable
{
    private const long Piece = 64L << 20;

    private readonly List<Tensor> _pieces = [];

    /// <param name="room">Bytes left, in steps of 64 MiB.</param>
    public Ballast(long room)
    {
        CudaAllocator.ReleaseUnused();
        for (var size = 64 * Piece; size >= Piece; size /= 2)
        {
            while (TryTake(size)) { }
        }

        // The last ones taken are pieces of the smallest size, but perhaps too few of them.
        var left = 0L;
        while (left < room && _pieces.Count > 0)
        {
            var last = _pieces[^1];
            left += last.numel();
            _pieces.RemoveAt(_pieces.Count - 1);
            last.Dispose();
        }

        CudaAllocator.ReleaseUnused();
        while (left - Piece >= room && TryTake(Piece)) left -= Piece;
    }

    public void Dispose()
    {
        foreach (var piece in _pieces) piece.Dispose();
        _pieces.Clear();
        CudaAllocator.ReleaseUnused();
    }

    private bool TryTake(long bytes)
    {
        try
        {
            _pieces.Add(empty([bytes], ScalarType.Byte, Card.Device.Torch).DetachFromDisposeScope());
            return true;
        }
        catch (Exception e) when (OutOfMemory.Is(e))
        {
            return false;
        }
    }
}
